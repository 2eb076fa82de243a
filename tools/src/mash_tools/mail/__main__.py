# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_tools.mail --smtp HOST:PORT --http HOST:PORT --data DIR` runs the sink until SIGTERM."""

import argparse
import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from mash_tools.mail.api import app_of
from mash_tools.mail.mailbox import Mailbox
from mash_tools.mail.receiver import Receiver, listen


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return host, int(port)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mash_tools.mail", description="Local mail sink.")
    parser.add_argument("--smtp", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--http", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--keep", type=int, default=1000, metavar="N", help="keep the newest N messages")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    mailbox = Mailbox(arguments.data, arguments.keep)
    receiver = Receiver(mailbox)
    smtp = await listen(receiver, *arguments.smtp)
    with socket.create_server(arguments.http) as http:
        config = uvicorn.Config(
            app_of(mailbox, receiver), log_level="warning", access_log=False, lifespan="off"
        )
        smtp_port, http_port = smtp.sockets[0].getsockname()[1], http.getsockname()[1]
        print(f"ready smtp={arguments.smtp[0]}:{smtp_port} http={arguments.http[0]}:{http_port}", flush=True)
        try:
            await uvicorn.Server(config).serve(sockets=[http])
        finally:
            smtp.close()


def main() -> None:
    try:
        asyncio.run(_run(_arguments()))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(f"mail sink: {error.strerror or error}; choose another address with --smtp or --http")


if __name__ == "__main__":
    main()
