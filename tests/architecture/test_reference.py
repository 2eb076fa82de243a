# SPDX-License-Identifier: EUPL-1.2
"""Reference pages that say what the code says. Made anew here and compared; MASH_WRITE_DOCS=1 writes them."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from joserfc.jwk import ECKey
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from mash.platform.v1 import options_pb2
from mash_sdk.cli import build
from mash_sdk.events import event_types, topic_of
from mash_sdk.manifest import Manifest, Route
from mash_sdk.names import Names
from mash_sdk.settings import Settings
from mash_sdk.streams import stream_of, stream_types
from mash_sdk.testing.conformance import Door, doors

ROOT = Path(__file__).parents[2]
SERVICES = [
    Names(file.parent.name)
    for group in ("services", "modules")
    for file in sorted(ROOT.glob(f"{group}/*/pyproject.toml"))
]
MANIFESTS = [Manifest.of(names.package) for names in SERVICES]
WRITE = "MASH_WRITE_DOCS=1 ./mash test tests/architecture/test_reference.py"
MARK = f"<!-- From here on made by: {WRITE} -->\n"


def current(name: str, lines: list[str]) -> None:
    """What follows the mark in the page is what the code says; what stands before it is written by hand."""
    page = ROOT / "docs/reference" / name
    written, mark, made = page.read_text(encoding="utf-8").partition(MARK)
    assert mark, f"docs/reference/{name} lacks the line {MARK}"
    fresh = "\n" + "\n".join(lines).strip() + "\n"
    if os.environ.get("MASH_WRITE_DOCS") == "1":
        made = fresh
        page.write_text(written + mark + made, encoding="utf-8")
    assert made == fresh, f"docs/reference/{name} is old: {WRITE}"


def table(*head: str) -> list[str]:
    return [row(*head), "|" + "---|" * len(head)]


def row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


# ── settings ──


def settings_of(names: Names) -> type[Settings]:
    kind: type[Settings] = import_module(f"{names.package}.settings").Settings
    return kind


def test_settings() -> None:
    lines = ["## Every service", "", *_fields("MASH_", Settings.model_fields)]
    for names in SERVICES:
        fields = settings_of(names).model_fields
        own = {name: field for name, field in fields.items() if _is_own(name, field)}
        lines += ["", f"## {names.folder}", ""]
        lines += _fields(names.environment, own) if own else ["None of its own."]
    current("settings.md", lines)


def _is_own(name: str, field: FieldInfo) -> bool:
    known = Settings.model_fields.get(name)
    return known is None or repr(known) != repr(field)


def _fields(prefix: str, fields: dict[str, FieldInfo]) -> list[str]:
    lines = table("variable", "value", "default", "meaning")
    for name, field in fields.items():
        assert field.description, f"{prefix}{name.upper()} does not say what it is for"
        given = "required" if field.is_required() else _shown(field.default)
        meaning = field.description.replace("<", "\\<")
        lines.append(row(f"`{prefix}{name.upper()}`", _value(field), given, meaning))
    return lines


def _shown(default: object) -> str:
    return {None: "none", "": "empty"}.get(default, f"`{default}`")  # type: ignore[call-overload,no-any-return]


def _value(field: FieldInfo) -> str:
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{kind}`" for kind in kinds)
    words = {str: "text", SecretStr: "secret", int: "whole number", float: "number", Path: "path"}
    limits = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}", "min_length": "{} characters or more"}
    found = [
        text.format(getattr(limit, name))
        for limit in field.metadata
        for name, text in limits.items()
        if hasattr(limit, name)
    ]
    return ", ".join([words[kinds[0]], *found])


# ── events ──


def test_events(tmp_path: Path) -> None:
    said = comments(tmp_path / "contract")
    lines: list[str] = []
    topic = ""
    for name, event in sorted(event_types().items()):
        descriptor = event.DESCRIPTOR
        if topic != topic_of(event):
            topic = topic_of(event)
            lines += ["", f"## `{topic}`"]
        key: str = descriptor.GetOptions().Extensions[options_pb2.event_key]
        lines += [
            "",
            f"### {descriptor.name}",
            "",
            said[name],
            "",
            f"`{name}`",
            "",
            f"Key `{key}`. Announced by {_who('announces', name)}; heard by {_who('listens', name)}.",
            "",
            *table("field", "type", "meaning"),
            *(
                row(
                    f"`{field.name}`",
                    _type(field),
                    said[f"{name}.{field.name}"] or ("the key" if field.name == key else ""),
                )
                for field in descriptor.fields
            ),
        ]
    for name, message in sorted(stream_types().items()):
        about = stream_of(message)
        lines += [
            "",
            f"## `{about.topic}`",
            "",
            said[name],
            "",
            f"`{name}`",
            "",
            f"A stream, key `{about.key_field}`. Written and read by {_who('streams', name)}.",
            *(["", f"Read also by {_who('reads', name)}."] if _who("reads", name) != "nobody" else []),
            "",
            *table("field", "type", "meaning"),
            *(
                row(f"`{field.name}`", _type(field), said[f"{name}.{field.name}"])
                for field in message.DESCRIPTOR.fields
            ),
        ]
    lines += ["", "## Types they use", "", *table("type", "what")]
    lines += [row(f"`{name}`", text) for name, text in sorted(used_types(said).items())]
    current("events.md", lines)


def _who(side: str, event: str) -> str:
    return ", ".join(one.name for one in MANIFESTS if event in getattr(one, side)) or "nobody"


def _type(field: FieldDescriptor) -> str:
    kind = field.message_type or field.enum_type
    names = {
        FieldDescriptor.TYPE_STRING: "text",
        FieldDescriptor.TYPE_INT32: "whole number",
        FieldDescriptor.TYPE_INT64: "whole number",
        FieldDescriptor.TYPE_DOUBLE: "number",
        FieldDescriptor.TYPE_BOOL: "true or false",
    }
    return f"`{kind.full_name}`" if kind else names[field.type]


def used_types(said: dict[str, str]) -> dict[str, str]:
    """Messages and enumerations of our contract that events have as fields."""
    found = {}
    for message in (*event_types().values(), *stream_types().values()):
        for field in message.DESCRIPTOR.fields:
            if field.enum_type:
                values = ", ".join(f"`{value.name}`" for value in field.enum_type.values)
                found[field.enum_type.full_name] = f"{said[field.enum_type.full_name]} {values}"
            elif field.message_type and field.message_type.full_name.startswith("mash."):
                inner = ", ".join(f"`{one.name}` ({_type(one)})" for one in field.message_type.fields)
                found[field.message_type.full_name] = f"{said[field.message_type.full_name]} {inner}"
    return found


def comments(file: Path) -> dict[str, str]:
    """What the contract's files say of each message, enumeration and field; empty where they say nothing."""
    proto = ROOT / "proto"
    sources = sorted(path.relative_to(proto).as_posix() for path in (proto / "mash").rglob("*.proto"))
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "-I", "."]
    options = ["--include_source_info", f"--descriptor_set_out={file}"]
    subprocess.run([*protoc, *options, *sources], cwd=proto, check=True)
    found: dict[str, str] = {}
    for one in FileDescriptorSet.FromString(file.read_bytes()).file:
        written = {
            tuple(place.path): " ".join(place.leading_comments.split())
            for place in one.source_code_info.location
        }
        # The paths' numbers are descriptor.proto's own: 4 message_type, 5 enum_type, 2 a message's field.
        for at, message in enumerate(one.message_type):
            found[f"{one.package}.{message.name}"] = written.get((4, at), "")
            for n, field in enumerate(message.field):
                found[f"{one.package}.{message.name}.{field.name}"] = written.get((4, at, 2, n), "")
        for at, kind in enumerate(one.enum_type):
            found[f"{one.package}.{kind.name}"] = written.get((5, at), "")
    return found


# ── routes ──


async def test_routes(program_of: Callable[[Names], Awaitable[Any]]) -> None:
    lines: list[str] = []
    for manifest in MANIFESTS:
        if not manifest.routes:
            continue
        program = await program_of(Names(manifest.name))
        described = program.asgi().openapi()["paths"]
        lines += ["", f"## {manifest.name}"]
        for kind, title in (("api", "For programs"), ("page", "Pages")):
            found = [
                row(door.method, f"`{path}`", _callers(door), _summary(described, door))
                for door in doors(program)
                for route, path in _outside(manifest, door.path)
                if route.kind == kind
            ]
            if found:
                lines += ["", f"{title}:", "", *table("method", "path", "who may call", "what"), *found]
    current("routes.md", lines)


@pytest.fixture
async def program_of(tmp_path: Path) -> Any:
    """Builds a service's Program with settings that lead nowhere; it is never run."""
    made = []
    key = tmp_path / "client.pem"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))

    async def make(names: Names) -> Any:
        kind = settings_of(names)
        nowhere = {
            name: f"{4 * 'nowhere.'}example:1"
            for name, field in kind.model_fields.items()
            if field.is_required()
        }
        known = {
            "client_key": key,
            "cities": ROOT / "cities",
            "postgres": "postgresql://nobody@127.0.0.1:1/none",
            "postgres_worker": "postgresql://nobody@127.0.0.1:1/none",
        }
        made.append(build(names.package, kind.model_validate(nowhere | known)))
        return made[-1]

    yield make
    for program in made:
        await program.close()


def _outside(manifest: Manifest, path: str) -> Iterator[tuple[Route, str]]:
    """The route that leads to a service's path, and where that is outside: the longest, as at the gateway."""
    fitting = [
        route
        for route in manifest.routes
        for inside in [route.upstream or route.path]
        if path == inside or path.startswith((f"{inside}/", f"{inside}("))
    ]
    for route in sorted(fitting, key=lambda one: len(one.path))[-1:]:
        yield route, route.path + path[len(route.upstream or route.path) :]


def _callers(door: Door) -> str:
    guards = door.guards
    roles = sorted({role for guard in guards for role in guard.roles})
    services = sorted({f"service {name}" for guard in guards for name in guard.services})
    keys = ["who has a key of the service's own"] if any(guard.keyring for guard in guards) else []
    return "everyone" if door.public else ", ".join(roles + services + keys)


def _summary(described: dict[str, Any], door: Door) -> str:
    operation = described.get(door.path, {}).get(door.method.lower(), {})
    text: str = operation.get("description") or operation.get("summary", "")
    return text.partition("\n\n")[0]
