# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_simulators.girocheckout --listen 127.0.0.1:8303`: prints `ready URL` when it answers."""

import asyncio

from mash_simulators.girocheckout.app import Options, build
from mash_simulators.serving import parser, serve
from mash_simulators.shelf import Shelf


def main() -> None:
    """Run the simulator."""
    wanted = parser("girocheckout", 8303)
    wanted.add_argument("--password", default=Options.password)
    given = wanted.parse_args()
    options = Options(given.password, given.session_seconds)
    shelf = Shelf(given.data)
    asyncio.run(serve(given.listen, given.origin, lambda origin: build(origin, options, shelf)))


if __name__ == "__main__":
    main()
