# SPDX-License-Identifier: EUPL-1.2
"""A module like every other: the SDK's suite over its bench."""

from mash_sdk.testing import ModuleConformance


class TestConformance(ModuleConformance):
    """Everything the suite asks of a module."""
