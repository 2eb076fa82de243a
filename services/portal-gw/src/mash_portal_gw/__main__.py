# SPDX-License-Identifier: EUPL-1.2
"""`mash-portal-gw serve` and `mash-portal-gw migrate`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_portal_gw")


if __name__ == "__main__":
    main()
