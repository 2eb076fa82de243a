# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_simulators.stripe --listen 127.0.0.1:8301`: prints `ready URL` when it answers."""

import asyncio

from mash_simulators.serving import parser, serve
from mash_simulators.shelf import Shelf
from mash_simulators.stripe.app import Options, build


def main() -> None:
    """Run the simulator."""
    wanted = parser("stripe", 8301)
    wanted.add_argument("--secret-key", default=Options.secret_key)
    wanted.add_argument("--webhook-secret", default=Options.webhook_secret)
    given = wanted.parse_args()
    options = Options(given.secret_key, given.webhook_secret, given.session_seconds, given.webhook)
    shelf = Shelf(given.data)
    asyncio.run(serve(given.listen, given.origin, lambda origin: build(origin, options, shelf)))


if __name__ == "__main__":
    main()
