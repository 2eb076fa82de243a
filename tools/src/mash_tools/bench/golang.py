# SPDX-License-Identifier: EUPL-1.2
"""Go's ReverseProxy that verifies each token each time, built where Go is: a yardstick for the gateway."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import httpx

from mash_tools.bench.doors import AUDIENCE, TENANT, Door
from mash_tools.bench.front import ROLE

NAME: Final = "Go ReverseProxy"
SOURCE: Final = Path(__file__).parent / "go"
BUILD_SECONDS: Final = 300.0


def door(folder: Path, path: str, port: int, module: int, issuer: str) -> tuple[list[Door], list[str]]:
    """It before a module, with one processor as the others have; or why it was left out."""
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        return [], [f"Left out: {NAME}; building it needs Go 1.21 or newer."]
    program, keys = folder / "go-proxy", folder / "keys.json"
    # The Go that is there, and nothing newer fetched by it.
    told = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    try:
        subprocess.run(
            [go, "build", "-o", program, "."],
            cwd=SOURCE,
            env=told,
            capture_output=True,
            text=True,
            check=True,
            timeout=BUILD_SECONDS,
        )
    except subprocess.CalledProcessError as err:
        said = (err.stderr.strip() or "no message").splitlines()[-1]
        return [], [f"Left out: {NAME}; it could not be built ({said})."]
    except subprocess.TimeoutExpired:
        return [], [f"Left out: {NAME}; it was not built within {BUILD_SECONDS:g} s."]
    realm = f"{issuer}/realms/{TENANT}"
    keys.write_text(httpx.get(f"{realm}/protocol/openid-connect/certs").raise_for_status().text)
    command = [str(program), str(port), str(module), str(keys), realm, AUDIENCE, ROLE, TENANT]
    alone = os.environ | {"GOMAXPROCS": "1"}
    return [Door.of(folder, NAME, port, path, *command, env=alone, version=_version(go))], []


def _version(go: str) -> str:
    done = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False)
    library = re.search(r"golang-jwt/jwt/v5 v(\S+)", (SOURCE / "go.mod").read_text(encoding="utf-8"))
    return f"{done.stdout.strip().removeprefix('go')} with golang-jwt {library[1] if library else '?'}"
