# SPDX-License-Identifier: EUPL-1.2
"""`./mash load`: many users at once, as a module's load.py describes them, and whether its goals are met.

`drive` runs in Locust's environment; it imports what needs nothing but the standard library and Locust.
"""
