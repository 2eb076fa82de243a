# SPDX-License-Identifier: EUPL-1.2
"""`./mash module`: what makes, checks, approves and starts a module."""
