# SPDX-License-Identifier: EUPL-1.2
"""lost-and-found as a process: `mash-lost-and-found serve | migrate | openapi`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_lost_and_found")


if __name__ == "__main__":
    main()
