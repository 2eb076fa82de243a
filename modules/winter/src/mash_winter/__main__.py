# SPDX-License-Identifier: EUPL-1.2
"""winter as a process: `mash-winter serve | migrate | openapi`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_winter")


if __name__ == "__main__":
    main()
