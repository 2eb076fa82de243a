# SPDX-License-Identifier: EUPL-1.2
"""`./mash bench`: what a wait costs, measured beside yardsticks of the same run.

Never part of a test's verdict.
"""
