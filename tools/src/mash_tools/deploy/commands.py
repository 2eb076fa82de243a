# SPDX-License-Identifier: EUPL-1.2
"""`./mash deploy secrets | realms | verify`: what an operator types, and what the chart's Jobs run."""

import argparse
import json
import sys
import time
from collections.abc import Callable

from mash_tools.deploy import realms as made
from mash_tools.deploy import secrets as written
from mash_tools.deploy import verify as looked
from mash_tools.problems import LauncherError
from mash_tools.realms.access import DATA, find, typed_path

USAGE = "usage: ./mash deploy secrets --to DIR … | realms --approvals FILE | verify --url URL"


def main(argv: list[str]) -> int:
    """0 is well, 2 it could not be done."""
    commands: dict[str, Callable[[list[str]], int]] = {"secrets": secrets, "realms": realms, "verify": verify}
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


def secrets(argv: list[str]) -> int:
    """Make keys and passwords once: Secrets for Kubernetes, and the public keys as values for the chart."""
    parser = argparse.ArgumentParser(prog="./mash deploy secrets", description=secrets.__doc__)
    parser.add_argument(
        "--to", type=typed_path, required=True, metavar="DIR", help="a new folder for both files"
    )
    parser.add_argument("--namespace", default="mash", help="of the install, default mash")
    parser.add_argument(
        "--module",
        action="append",
        default=[],
        metavar="NAME",
        help="only this module, no services; again for more",
    )
    parser.add_argument(
        "--take",
        action="append",
        default=[],
        metavar="PROGRAM/KEY=FILE",
        help="a secret that others made, for instance payments/xbezahldienste-client-secret=FILE",
    )
    asked = parser.parse_args(argv)
    taken = written.taken(asked.take)
    wanted = dict.fromkeys(asked.module, written.MODULE) or written.services()
    files = written.write(asked.to, written.make(wanted, taken), asked.namespace, modules=bool(asked.module))
    print(
        f"{files.secrets} holds private keys and passwords; {files.values} what is public. Go on with:\n"
        f"  kubectl create -f {files.secrets}     (then keep it where secrets are kept, or delete it)\n"
        f"  helm upgrade --install … -f {files.values}"
    )
    return 0


def realms(argv: list[str]) -> int:
    """Make the realms of all cities and the clients of all that is approved, or put them right."""
    parser = argparse.ArgumentParser(prog="./mash deploy realms", description=realms.__doc__)
    parser.add_argument(
        "--approvals",
        type=typed_path,
        required=True,
        metavar="FILE",
        help="approvals.json of the chart's ConfigMap",
    )
    parser.add_argument(
        "--demo", action="store_true", help="logins with public passwords, in demo cities only"
    )
    asked = parser.parse_args(argv)
    print(made.make(find(DATA), asked.approvals, demo=asked.demo))
    return 0


def verify(argv: list[str]) -> int:
    """See from outside that the portal answers and login leads to Keycloak; with --journey walk a permit."""
    parser = argparse.ArgumentParser(prog="./mash deploy verify", description=verify.__doc__)
    parser.add_argument("--url", required=True, help="where people reach the portal")
    parser.add_argument("--city", default="heidelberg", help="which one is looked at")
    parser.add_argument(
        "--journey",
        type=typed_path,
        metavar="DIR",
        help="files citizen-username, citizen-password, clerk-username, clerk-password; needs the simulator",
    )
    asked = parser.parse_args(argv)
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    looked.portal(asked.url, asked.city, say)
    if asked.journey is not None:
        application = looked.journey(asked.url, asked.city, asked.journey, say)
        print(json.dumps({"application": application, "seconds": round(time.monotonic() - began, 1)}))
    return 0
