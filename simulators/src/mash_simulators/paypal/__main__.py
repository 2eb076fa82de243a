# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_simulators.paypal --listen 127.0.0.1:8302`: prints `ready URL` when it answers."""

import asyncio

from mash_simulators.paypal.app import build
from mash_simulators.paypal.orders import Options
from mash_simulators.serving import parser, serve
from mash_simulators.shelf import Shelf


def main() -> None:
    """Run the simulator."""
    wanted = parser("paypal", 8302)
    wanted.add_argument("--client-id", default=Options.client_id)
    wanted.add_argument("--client-secret", default=Options.client_secret)
    given = wanted.parse_args()
    options = Options(given.client_id, given.client_secret, given.session_seconds, given.webhook)
    shelf = Shelf(given.data)
    asyncio.run(serve(given.listen, given.origin, lambda origin: build(origin, options, shelf)))


if __name__ == "__main__":
    main()
