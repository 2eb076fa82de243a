# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_tools.serve`: all services in one process, each as if alone. `--migrate` only migrates.

One that fails ends them all: the launcher then starts them again, as an orchestrator would.
"""

import asyncio
import signal
import sys

import uvloop

from mash_sdk.cli import build, settings_of
from mash_sdk.logs import configure_logging
from mash_sdk.manifest import ManifestError
from mash_sdk.migrations.migrate import migrate
from mash_sdk.running import serve
from mash_sdk.settings import SettingsError
from mash_sdk.tenants import TenantError
from mash_tools.platform.modules import services


async def _migrate() -> None:
    for module in services():
        await migrate(module.package, settings_of(module.package))


async def _serve() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as programs:
        for module in services():
            program = build(module.package, settings_of(module.package))
            programs.create_task(serve(program, stop), name=module.manifest.name)


def main() -> None:
    configure_logging("mash")
    try:
        uvloop.run(_migrate() if "--migrate" in sys.argv[1:] else _serve())
    except (SettingsError, ManifestError, TenantError) as err:
        sys.exit(f"mash: {err}")


if __name__ == "__main__":
    main()
