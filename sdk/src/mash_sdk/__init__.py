# SPDX-License-Identifier: EUPL-1.2
"""What a MAsH module stands on. It knows no domain."""

from mash_sdk.clock import Clock as Clock
from mash_sdk.clock import system_clock as system_clock


def main(package: str) -> None:
    """Run a service as a process; what its __main__.py calls."""
    # The doors need most of the SDK; `import mash_sdk.clock` does not.
    from mash_sdk.cli import main as run

    run(package)
