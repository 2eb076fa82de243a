# SPDX-License-Identifier: EUPL-1.2
"""`./mash bench [NAME]`: what a person types, and what they are shown."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvloop

from mash_tools.bench import (
    citizens,
    desk,
    edge,
    events,
    forms,
    gateway,
    ice,
    ingest,
    reading,
    readings,
    routing,
    up,
    waste,
)
from mash_tools.bench.measured import Result
from mash_tools.problems import LauncherError


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`about` is what --help says of it."""

    run: Callable[[argparse.Namespace], Coroutine[Any, Any, Result]]
    about: str


def main(argv: list[str]) -> int:
    """Run one benchmark, or all. 0: measured, 1: something never ended, 2: it could not be done, 130: Ctrl-C.

    A goal that was missed is shown, and is no failure: this machine may be busy with other things.
    """
    parser = argparse.ArgumentParser(
        prog="./mash bench",
        description="Measure beside yardsticks of the same run.",
        epilog="\n".join(f"  {name:<10} {benchmark.about}" for name, benchmark in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, help="all without it")
    parser.add_argument(
        "--seconds",
        type=_positive,
        metavar="N",
        help=f"citizens, events, readings: how long to measure ({events.SECONDS:g}); "
        f"ingest: for each way in ({ingest.SECONDS:g}); "
        f"routing, waste-tours: for each instance ({routing.SECONDS:g})",
    )
    parser.add_argument(
        "--rate", type=_positive, metavar="N", help="events: changes a second (200); readings: uplinks (500)"
    )
    parser.add_argument(
        "--tokens", type=int, default=gateway.TOKENS, metavar="N", help="gateway: how many different tokens"
    )
    parser.add_argument(
        "--instances",
        type=Path,
        metavar="DIR",
        help="routing: CARPLIB's .dat files, waste-tours: .vrp; or one of them",
    )
    parser.add_argument(
        "--best",
        type=Path,
        metavar="FILE",
        help="routing, waste-tours: best known values, lines of name,value,source",
    )
    parser.add_argument(
        "--nights", type=int, default=ice.NIGHTS, metavar="N", help="winter-ice: how many to generate"
    )
    parser.add_argument(
        "--frost", metavar="URL", help="ingest: a FROST-Server to measure beside, up to its version (…/v1.1)"
    )
    parser.add_argument(
        "--observations",
        type=int,
        default=reading.OBSERVATIONS,
        metavar="N",
        help=f"reading: of how many ({reading.OBSERVATIONS})",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--cities", type=Path, default=Path(os.environ.get("MASH_CITIES", "cities")), metavar="DIR"
    )
    asked = parser.parse_args(argv)
    results = []
    try:
        for name in [asked.name] if asked.name else BENCHMARKS:
            results.append(uvloop.run(BENCHMARKS[name].run(asked)))
            print(f"\n{results[-1].as_table()}\n", flush=True)
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if asked.json:
        documents = [json.loads(result.as_json()) for result in results]
        asked.json.write_text(json.dumps(documents, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(result.complete for result in results) else 1


def _citizens(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return citizens.run(asked.cities, _say, seconds=asked.seconds or events.SECONDS)


def _events(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    seconds = asked.seconds or events.SECONDS
    return events.run(asked.cities, _say, seconds=seconds, rate=asked.rate or events.RATE)


def _forms(_asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return forms.run(_say)


def _desk(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return desk.run(asked.cities, _say)


def _gateway(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return gateway.run(asked.cities, _say, tokens=asked.tokens)


def _edge(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return edge.run(asked.cities, _say)


def _readings(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    seconds = asked.seconds or events.SECONDS
    return readings.run(asked.cities, _say, seconds=seconds, rate=asked.rate or readings.RATE)


def _ingest(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return ingest.run(asked.cities, _say, seconds=asked.seconds or ingest.SECONDS, frost=asked.frost)


def _reading(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return reading.run(asked.cities, _say, observations=max(1, asked.observations))


def _winter_ice(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return ice.run(_say, nights=max(1, asked.nights), cities=asked.cities)


def _routing(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    seconds = asked.seconds or routing.SECONDS
    return routing.run(_say, seconds=seconds, instances=asked.instances, best=asked.best)


def _waste_tours(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    seconds = asked.seconds or waste.SECONDS
    return waste.run(_say, seconds=seconds, instances=asked.instances, best=asked.best)


def _up(asked: argparse.Namespace) -> Coroutine[Any, Any, Result]:
    return up.run(asked.cities, _say)


def _say(message: str) -> None:
    print(f"… {message}", file=sys.stderr, flush=True)


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "citizens": Benchmark(_citizens, "50 citizens who apply at once, from the service's page to the account"),
    "desk": Benchmark(_desk, "the clerk's list and search over 200,000 cases"),
    "edge": Benchmark(_edge, "a public read from the gateway's memory, beside Envoy and nginx forwarding it"),
    "events": Benchmark(_events, "a fact committed in one service until it is handled in another"),
    "forms": Benchmark(_forms, "a large form: loaded and checked, and a step of it evaluated"),
    "gateway": Benchmark(_gateway, "a forwarded request, beside Envoy with the same duties and others"),
    "ingest": Benchmark(_ingest, "observations a second by each way in, until they can be read"),
    "reading": Benchmark(_reading, "the last, a day and counts of 10 million observations, by SensorThings"),
    "readings": Benchmark(_readings, "a device's uplink accepted until it can be read"),
    "routing": Benchmark(_routing, "gritting routes beside the best known ones of public instances"),
    "waste-tours": Benchmark(_waste_tours, "collection tours beside the best known ones of public instances"),
    "winter-ice": Benchmark(_winter_ice, "the ice decision over generated nights, beside surface < 0 °C"),
    "up": Benchmark(_up, "a warm ./mash up until pages answer, and its memory at rest"),
}
