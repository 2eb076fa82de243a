# SPDX-License-Identifier: EUPL-1.2
"""Judges codecs of device types: each file's shape, its examples, and which of them devices name."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from mash_sensors.model.codec_file import FOLDER, SHARED, CodecFile
from mash_tools.cities.faults import Fault, of_shape
from mash_tools.cities.sensors import SensorsFile
from mash_tools.cities.source import Source, UnreadableError, read

Codecs = Sequence[tuple[Source, CodecFile]]


def shared_codecs(cities: Path) -> Iterator[Fault]:
    """What is wrong with the codecs that all cities may use."""
    for file in _shared(cities):
        try:
            source = read(file)
            found = CodecFile.model_validate(source.data)
        except UnreadableError as err:
            yield Fault(file, err.line, f"cannot be read: {err}; correct the syntax")
        except UnicodeDecodeError:
            yield Fault(file, 1, "is not UTF-8; save it as UTF-8")
        except ValidationError as err:
            yield from of_shape(source, err)
        else:
            yield from _examples(source, found)


def wrong_codecs(
    codecs: Codecs, sensors: tuple[Source, SensorsFile] | None, *, demo: bool
) -> Iterator[Fault]:
    """What is wrong with a city's own, and with what its devices say of codecs."""
    for source, found in codecs:
        yield from _examples(source, found)
        if found.demo and not demo:
            line = source.line(("demo",))
            yield Fault(
                source.file,
                line,
                "a demo codec, but city.toml says demo = false; name its source or remove it",
            )
    if sensors is None:
        return
    cities = sensors[0].file.parents[1]
    known = {file.stem for file in _shared(cities)}
    known |= {file.stem for file in (sensors[0].file.parent / FOLDER).glob("*.toml")}
    for number, device in enumerate(sensors[1].devices):
        if device.codec is not None and device.codec not in known:
            line = sensors[0].line(("devices", number, "codec"))
            yield Fault(
                sensors[0].file, line, f"there is no codec {device.codec!r}; choose one of {sorted(known)}"
            )


def _shared(cities: Path) -> list[Path]:
    return sorted((cities / SHARED / FOLDER).glob("*.toml"))


def _examples(source: Source, found: CodecFile) -> Iterator[Fault]:
    for number, what in found.told(source.file.stem).wrong_examples():
        line = source.line(("examples", number))
        yield Fault(source.file, line, f"an example says otherwise: {what}; correct the one or the other")
