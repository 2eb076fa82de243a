# SPDX-License-Identifier: EUPL-1.2
"""Keys and passwords of an install: made once, written as Secrets for Kubernetes and values for the chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from mash_sdk.names import Names
from mash_tools.keys import Jwk, new_key, public_half
from mash_tools.private import new_password, write_private
from mash_tools.problems import LauncherError
from mash_tools.realms.access import typed_path

CHART: Final = Path("deploy/helm/mash")
KEY: Final = "client.pem"
MODULE: Final = ("postgres", "postgres-worker")
"""What a module has besides its key: the passwords of its two roles."""
OTHERS: Final = frozenset({"xbezahldienste-client-secret", "smtp-password"})
"""Secrets that a third party gave: they cannot be made up."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where it was written to."""

    secrets: Path
    values: Path


def services() -> dict[str, tuple[str, ...]]:
    """Each service of the chart's values → the keys of its Secret besides the private key."""
    try:
        said = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["services"]
    except OSError as err:
        raise LauncherError(
            f"{CHART} cannot be read ({err.strerror}); start ./mash from its checkout."
        ) from err
    return {name: (*MODULE, *about["secrets"].values()) for name, about in said.items()}


def taken(arguments: Sequence[str]) -> dict[tuple[str, str], str]:
    """`payments/return-secret=FILE` → what the file holds, by program and key. Raises LauncherError."""
    found = {}
    for argument in arguments:
        place, _, file = argument.partition("=")
        program, _, key = place.partition("/")
        if not (program and key and file):
            raise LauncherError(f"--take {argument} is not of the form PROGRAM/KEY=FILE.")
        try:
            found[program, key] = typed_path(file).read_text(encoding="utf-8").strip()
        except OSError as err:
            raise LauncherError(f"--take {argument}: {file} cannot be read ({err.strerror}).") from err
    return found


def make(
    wanted: Mapping[str, Sequence[str]], given: Mapping[tuple[str, str], str]
) -> dict[str, dict[str, str]]:
    """Each program → its Secret's keys. Raises LauncherError where a third party's secret is missing."""
    left = set(given)
    made: dict[str, dict[str, str]] = {}
    for program, keys in wanted.items():
        Names(program)  # a name that is none is refused before anything is made
        left -= {(program, key) for key in keys}
        missing = [key for key in keys if key in OTHERS and (program, key) not in given]
        if missing:
            raise LauncherError(
                f"{program} needs {missing[0]}, which is not ours to make; "
                f"put it into a file and name that: --take {program}/{missing[0]}=FILE"
            )
        made[program] = {KEY: new_key(), **{key: given.get((program, key)) or new_password() for key in keys}}
    if left:
        raise LauncherError(f"Nobody wants {', '.join('/'.join(one) for one in sorted(left))}.")
    return made


def write(folder: Path, made: Mapping[str, Mapping[str, str]], namespace: str, *, modules: bool) -> Files:
    """Write both files. Raises LauncherError if there is one already: keys are made once."""
    files = Files(folder / "secrets.yaml", folder / "public-keys.yaml")
    if files.secrets.exists() or files.values.exists():
        raise LauncherError(f"{folder} holds keys already, which are not made anew; name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_private(
        files.secrets,
        yaml.safe_dump_all(
            [_secret(program, about, namespace) for program, about in made.items()], sort_keys=False
        ),
    )
    public = {program: {"publicKey": _public(about)} for program, about in made.items()}
    values: dict[str, Any] = {"modules" if modules else "services": public}
    # In quotes: Helm's YAML takes a bare y for true.
    files.values.write_text(yaml.safe_dump(values, sort_keys=False, default_style='"'), encoding="utf-8")
    return files


def _public(about: Mapping[str, str]) -> Jwk:
    key = public_half(about[KEY].encode())
    return {name: key[name] for name in ("kty", "crv", "x", "y")}


def _secret(program: str, about: Mapping[str, str], namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": Names(program).distribution,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/part-of": "mash", "app.kubernetes.io/component": program},
        },
        "type": "Opaque",
        "stringData": dict(about),
    }
