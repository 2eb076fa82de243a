# SPDX-License-Identifier: EUPL-1.2
"""payments as a process: `mash-payments serve | migrate | openapi`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_payments")


if __name__ == "__main__":
    main()
