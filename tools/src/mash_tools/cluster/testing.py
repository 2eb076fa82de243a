# SPDX-License-Identifier: EUPL-1.2
"""`./mash test --cluster`: a node with images on it, or a cluster that is there, and tests/cluster on it."""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from mash_tools import npm
from mash_tools.cluster import needs, programs
from mash_tools.cluster.images import REGISTRY, TAG, Image, images
from mash_tools.cluster.namespaces import HOST, NODE
from mash_tools.cluster.node import Node
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress
from mash_tools.realms.access import typed_path

PORT: Final = 30800
"""The gateway's on every node of the cluster."""
BROKEN: Final = Image(
    "mash-broken", "tests/cluster/broken.Dockerfile", {"BASE": f"{REGISTRY}/mash-forms:{TAG}"}
)
TESTS: Final = "tests/cluster"


@dataclass(frozen=True)
class Target:
    """The cluster to test on; the tests read it from the environment, MASH_TEST_<FIELD>."""

    kubeconfig: str
    registry: str
    """Where the images are; the node of our own has them already."""
    tag: str
    address: str
    """Where pods reach this machine."""
    portal: str
    """Where people and pods reach the gateway's port 30800."""


def main(argv: list[str]) -> int:
    """pytest's exit code; 2 if there can be no cluster."""
    parser = argparse.ArgumentParser(
        prog="./mash test --cluster",
        description=main.__doc__,
        epilog="Without --kubeconfig a node is made on this machine (root, Debian 12, Go; 15 minutes once). "
        "Other arguments go to pytest.",
    )
    parser.add_argument("--kubeconfig", type=typed_path, metavar="FILE", help="of a cluster that is there")
    parser.add_argument("--registry", help="holds the images of deploy/image, built and pushed before")
    parser.add_argument("--tag", default=TAG, help=f"of these images, default {TAG}")
    parser.add_argument("--address", help="of this machine, as the cluster's pods reach it")
    parser.add_argument("--portal", metavar="URL", help=f"of a node, for instance http://10.0.0.5:{PORT}")
    asked, arguments = parser.parse_known_args(argv)
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

    if asked.kubeconfig is None:
        return asyncio.run(_on_a_node(arguments, say))
    if not (asked.registry and asked.address and asked.portal):
        raise LauncherError("--kubeconfig needs --registry, --address and --portal; see --help.")
    target = Target(
        str(asked.kubeconfig.absolute()), asked.registry, asked.tag, asked.address, asked.portal.rstrip("/")
    )
    return _pytest(target, arguments)


@asynccontextmanager
async def node_with_images(root: Path, say: Progress) -> AsyncIterator[Node]:
    """A node on this machine that has every image of the tree at `root`. Raises LauncherError."""
    needs.check(building=not programs.ready())
    programs.prepare(say)
    if await npm.kern(root, say) is None:
        raise LauncherError("KERN UX is not there, which the image mash-content carries.")
    async with Node(say) as node:
        say("the node is ready")
        node.images.base()
        node.images.build(root, [*images(), BROKEN], TAG)
        yield node


async def _on_a_node(arguments: list[str], say: Progress) -> int:
    async with node_with_images(Path.cwd(), say) as node:
        target = Target(str(node.kubeconfig), REGISTRY, TAG, HOST, f"http://{NODE}:{PORT}")
        result = await asyncio.to_thread(_pytest, target, arguments)
        say(f"tests ended with {result}")
        return result


def _pytest(target: Target, arguments: list[str]) -> int:
    told = {f"MASH_TEST_{name.upper()}": value for name, value in asdict(target).items()}
    command = [sys.executable, "-m", "pytest", *(arguments or ["-x"]), TESTS]
    return subprocess.run(command, env=os.environ | told, check=False).returncode
