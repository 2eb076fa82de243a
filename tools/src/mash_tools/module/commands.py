# SPDX-License-Identifier: EUPL-1.2
"""`./mash module new | check | certify | approve | revoke | run`: what is typed, and what is told."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from joserfc.jwk import ECKey

from mash_sdk.names import Names
from mash_tools.module import scaffold
from mash_tools.module.certify.commands import by_url
from mash_tools.module.certify.commands import main as certify
from mash_tools.module.checker import check as faults_of
from mash_tools.module.run import run as run_module
from mash_tools.module.run import unregister
from mash_tools.module.source import find
from mash_tools.platform import approvals
from mash_tools.platform.folder import DataFolder
from mash_tools.problems import LauncherError
from mash_tools.realms.access import DATA

USAGE = (
    "usage: ./mash module new NAME | check PATH… | certify NAME | check or certify --url URL"
    " | approve NAME | revoke NAME | run PATH"
)


def main(argv: list[str]) -> int:
    """0 is well, 1 faults were found, 2 it could not be done."""
    commands: dict[str, Callable[[list[str]], int]] = {
        "new": new,
        "check": check,
        "certify": certify,
        "approve": approve,
        "revoke": revoke,
        "run": run,
    }
    if argv[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if not argv or argv[0] not in commands:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        return commands[argv[0]](argv[1:])
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2


def new(argv: list[str]) -> int:
    """Begin a module: a copy of lost-and-found under a name of its own, which runs and passes its tests."""
    parser = argparse.ArgumentParser(prog="./mash module new", description=new.__doc__)
    parser.add_argument("name", metavar="NAME", help="lower case, for example winter-service")
    parser.add_argument("--title", help="as people read it, German; for example Winterdienst")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="holds modules/ and proto/")
    asked = parser.parse_args(argv)
    title = asked.title or " ".join(word.capitalize() for word in asked.name.split("-"))
    folder = scaffold.new(asked.root.absolute(), asked.name, title)
    names = Names(asked.name)
    print(
        f"{folder} is there, its contract is proto/mash/{names.schema}/v1/events.proto. Go on with:\n"
        f"  ./mash test modules/{asked.name}\n"
        f"  ./mash module approve {asked.name}      (with ./mash up running elsewhere)\n"
        f"  ./mash module run modules/{asked.name}\n"
        "  MASH_WRITE_DOCS=1 ./mash test tests/architecture/test_reference.py    (renews docs/reference)"
    )
    return 0


def check(argv: list[str]) -> int:
    """Say everything that keeps a module from fitting the platform: file, line, what to do."""
    parser = argparse.ArgumentParser(prog="./mash module check", description=check.__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a module's folder")
    parser.add_argument(
        "--url", metavar="URL", help="by its behaviour: where a module in any language runs beside ./mash up"
    )
    parser.add_argument(
        "--contract", type=Path, default=Path("proto"), metavar="DIR", help="of mash/…/*.proto"
    )
    asked = _with_data(parser, argv)
    if bool(asked.url) == bool(asked.paths):
        parser.error("name folders, or --url")
    if asked.url:
        return by_url(asked.url, DataFolder(asked.data), as_json=False)
    sources = [find(path) for path in asked.paths]
    for source in sources:
        source.require_python("start it and check its behaviour, ./mash module check --url")
    faults = [fault for source in sources for fault in faults_of(source, asked.contract)]
    for fault in faults:
        print(fault)
    print(f"{len(faults)} to put right." if faults else f"{', '.join(asked.paths)}: in order.")
    return 1 if faults else 0


def approve(argv: list[str]) -> int:
    """The operator's word that a module may join: its name, its public key, its routes."""
    parser = argparse.ArgumentParser(prog="./mash module approve", description=approve.__doc__)
    parser.add_argument("module", metavar="NAME", help="under modules/, or a module's folder")
    asked = _with_data(parser, argv)
    module = find(asked.module).module()
    folder = DataFolder(asked.data)
    approvals.approve(folder, module)
    thumbprint = ECKey.import_key(folder.public_key(module.manifest.name)).thumbprint()
    print(f"{module.manifest.name} is approved with the key {thumbprint} and these routes:")
    for route in module.manifest.routes:
        print(f"  {route.path:<32} {', '.join(route.roles) or 'everyone'}")
    if module.manifest.needs:
        print(f"It may ask as itself: {', '.join(module.manifest.needs)}.")
    if module.manifest.listens or module.manifest.reads:
        print("It hears of every city:")
        for heard in (*module.manifest.listens, *module.manifest.reads):
            print(f"  {heard}")
    print("A running gateway knows it within three seconds.")
    return 0


def revoke(argv: list[str]) -> int:
    """Take the approval back; a running gateway stops forwarding within three seconds."""
    parser = argparse.ArgumentParser(prog="./mash module revoke", description=revoke.__doc__)
    parser.add_argument("name", metavar="NAME")
    asked = _with_data(parser, argv)
    folder = DataFolder(asked.data)
    approvals.revoke(folder, asked.name)
    print(f"{asked.name} is no longer approved.")
    try:
        unregister(folder, asked.name)
    except LauncherError as err:
        print(f"Keycloak gives it tokens until ./mash up starts again: {err}")
    return 0


def run(argv: list[str]) -> int:
    """Start a module as a process of its own against the ./mash up that runs on the data folder."""
    parser = argparse.ArgumentParser(prog="./mash module run", description=run.__doc__)
    parser.add_argument("path", metavar="PATH", help="a module's folder, or its name under modules/")
    asked = _with_data(parser, argv)
    asyncio.run(_run(asked))
    return 0


async def _run(asked: argparse.Namespace) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await run_module(find(asked.path), DataFolder(asked.data), lambda what: print(what, flush=True), told)


def _with_data(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="the data folder of ./mash up")
    return parser.parse_args(argv)
