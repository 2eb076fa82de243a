# SPDX-License-Identifier: EUPL-1.2
"""The commands of ./mash: one line each; a command's module is imported only when it is asked for."""

import difflib
import sys
from importlib import import_module
from importlib.util import find_spec

# name → module:function taking the arguments and returning the exit code, and what it is for
COMMANDS = {
    "up": ("mash_tools.up:main", "run the whole platform on this machine"),
    "test": ("mash_tools.tests:main", "run all tests; arguments go to pytest"),
    "city": ("mash_tools.cities.commands:main", "check, begin or add a municipality"),
    "form": ("mash_tools.xdf.commands:main", "make a form of FIM XDatenfelder"),
    "module": ("mash_tools.module.commands:main", "begin, check, approve or run a module"),
    "cluster": ("mash_tools.cluster.commands:main", "a Kubernetes for tests on this machine"),
    "deploy": ("mash_tools.deploy.commands:main", "secrets, realms and a check for an install by Helm"),
    "events": ("mash_tools.events:main", "look at events, and at those that failed"),
    "audit": ("mash_tools.audit:main", "prove that the audit trail was not altered"),
    "load": ("mash_tools.load.commands:main", "let many use a service or module, and judge it"),
    "sim": ("mash_tools.sim.commands:main", "play a made-up city's night on real parts"),
    "bench": ("mash_tools.bench.commands:main", "measure the platform beside yardsticks"),
    "soak": ("mash_tools.soak:main", "kill random processes a thousand times"),
    "doctor": ("mash_tools.doctor:main", "say what this machine lacks, and what to do"),
    "lock": ("mash_tools.locks:main", "pin every dependency anew in locks/"),
    "proto": ("mash_tools.proto:main", "generate the code of the contract anew"),
}


def main(argv: list[str] | None = None) -> None:
    """Run one command and end with its exit code."""
    command, *arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if command in {"-h", "--help", "help"}:
        print(overview())
        sys.exit(0)
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"did you mean ./mash {near[0]}?" if near else "./mash --help lists what there is."
        print(f"There is no command {command!r}; {hint}", file=sys.stderr)
        sys.exit(2)
    module, _, function = COMMANDS[command][0].partition(":")
    if find_spec(module) is None:
        print(f"./mash {command} is not part of this checkout.", file=sys.stderr)
        sys.exit(2)
    try:
        run = getattr(import_module(module), function)
    except ModuleNotFoundError as err:
        lacking = (err.name or "").partition(".")[0]
        if not lacking.startswith("mash_"):
            raise
        # The image of the tools has no service in it.
        print(
            f"./mash {command} needs {lacking.replace('_', '-')}, which is not installed here; "
            "call it in a clone of the repository, where ./mash makes all it needs.",
            file=sys.stderr,
        )
        sys.exit(2)
    sys.exit(run(arguments))


def overview() -> str:
    """What there is, a line each."""
    lines = [f"  {name:<8} {what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(["usage: ./mash COMMAND …", "", *lines, "", "./mash COMMAND --help says more."])


if __name__ == "__main__":
    main()
