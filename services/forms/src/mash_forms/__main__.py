# SPDX-License-Identifier: EUPL-1.2
"""forms as a process: `mash-forms serve | migrate | openapi`."""

import mash_sdk


def main() -> None:
    mash_sdk.main("mash_forms")


if __name__ == "__main__":
    main()
