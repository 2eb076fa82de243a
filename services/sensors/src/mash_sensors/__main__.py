# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_sensors serve | migrate | openapi`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_sensors")


if __name__ == "__main__":
    main()
