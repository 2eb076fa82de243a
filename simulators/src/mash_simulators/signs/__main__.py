# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_simulators.signs --listen 127.0.0.1:8305`: prints `ready URL` when it answers."""

import asyncio

from mash_simulators.serving import parser, serve
from mash_simulators.shelf import Shelf
from mash_simulators.signs.app import KEY, build


def main() -> None:
    """Run the simulator."""
    wanted = parser("signs", 8305)
    wanted.add_argument("--key", default=KEY, help="who orders or reads names it as a bearer token")
    given = wanted.parse_args()
    shelf = Shelf(given.data)
    asyncio.run(serve(given.listen, given.origin, lambda _origin: build(given.key, shelf)))


if __name__ == "__main__":
    main()
