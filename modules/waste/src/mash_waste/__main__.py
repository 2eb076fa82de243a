# SPDX-License-Identifier: EUPL-1.2
"""waste as a process: `mash-waste serve | migrate | openapi`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_waste")


if __name__ == "__main__":
    main()
