# SPDX-License-Identifier: EUPL-1.2
"""A service as a process: `mash-forms serve`, `mash-forms migrate`, `mash-forms openapi`."""

import argparse
import asyncio
import gc
import json
import signal
import sys
from collections.abc import Coroutine
from importlib import import_module
from importlib.metadata import version
from typing import Any

import uvloop

from mash_sdk.logs import configure_logging
from mash_sdk.manifest import Manifest, ManifestError
from mash_sdk.migrations.migrate import migrate
from mash_sdk.program import Program
from mash_sdk.running import PARTS, serve
from mash_sdk.settings import Settings, SettingsError
from mash_sdk.tenants import TenantError

USAGE = 2


def load(package: str) -> Program:
    """Build the Program of an importable package from the environment."""
    return build(package, settings_of(package))


def settings_of(package: str) -> Settings:
    """The package's own Settings, read from the environment."""
    name = fitting(package).name
    settings: type[Settings] = import_module(f"{package}.settings").Settings
    return settings.load(name)


def fitting(package: str) -> Manifest:
    """The package's manifest. Raises ManifestError if it was not made for the SDK that runs here."""
    manifest, sdk = Manifest.of(package), version("mash-sdk")
    if not manifest.fits(sdk):
        raise ManifestError(
            f"{manifest.name} {manifest.version} needs mash-sdk {manifest.sdk}, but {sdk} runs here; "
            "install an SDK of that range, or a version of the module that was made for this one"
        )
    return manifest


def build(package: str, settings: Settings) -> Program:
    program = import_module(f"{package}.app").build(settings)
    if not isinstance(program, Program):
        raise TypeError(f"{package}.app.build() returned {type(program).__name__}, not a Program")
    return program


def main(package: str, argv: list[str] | None = None) -> None:
    """The way in of every service's __main__.py. Ends the process."""
    parser = argparse.ArgumentParser(prog=package.replace("_", "-"))
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="run the doors and the background work")
    serving.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    migrating = commands.add_parser("migrate", help="bring schema, roles and tables to this version")
    migrating.add_argument("--to", default="head", help="an Alembic revision, or `base`")
    commands.add_parser("openapi", help="print the OpenAPI document")
    wanted = parser.parse_args(argv)
    try:
        configure_logging(fitting(package).name)
        if wanted.command == "serve":
            only = tuple(part for part in wanted.only.split(",") if part)
            if unknown := set(only) - set(PARTS):
                parser.error(f"--only knows {', '.join(PARTS)}; not {', '.join(sorted(unknown))}")
            program = load(package)
            # What was loaded stays: to search all of it for garbage stops everything for a tenth of a second.
            gc.freeze()
            uvloop.run(_until_told(program, only))
        elif wanted.command == "migrate":
            uvloop.run(migrate(package, settings_of(package), wanted.to))
        else:
            json.dump(load(package).asgi().openapi(), sys.stdout, ensure_ascii=False, indent=2)
    except (SettingsError, ManifestError, TenantError) as err:
        sys.stderr.write(f"{package}: {err}\n")
        sys.exit(USAGE)


async def _until_told(program: Program, only: tuple[str, ...]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    work: Coroutine[Any, Any, None] = serve(program, stop, only)
    await work
