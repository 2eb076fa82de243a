# SPDX-License-Identifier: EUPL-1.2
"""The SMTP side of the sink, which can be told to fail the ways real mail servers do."""

import asyncio
import logging
from collections import deque
from typing import Any, Literal, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from mash_tools.mail.mailbox import Mailbox

Answer = Literal["421", "550", "hangup-after-data"]

_BYTES = 10 * 1024 * 1024


class Receiver:
    """What aiosmtpd asks at each command. `coming` holds the answers for the next messages, oldest first."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.coming: deque[Answer] = deque(maxlen=100)

    async def handle_MAIL(  # noqa: N802 — aiosmtpd finds its hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._takes("421"):
            return "421 4.3.2 Service not available, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._takes("550"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content: Any = envelope.content
        recipients = [str(one) for one in envelope.rcpt_tos]
        message_id = await asyncio.to_thread(
            self._mailbox.put, envelope.mail_from or "", recipients, bytes(content or b"")
        )
        if self._takes("hangup-after-data"):
            # The message is kept: a sender that repeats it is caught by finding it twice.
            cast("asyncio.Transport", server.transport).abort()
            return "421 4.3.0 Connection lost"
        return f"250 OK: kept as {message_id}"

    def _takes(self, answer: Answer) -> bool:
        if self.coming and self.coming[0] == answer:
            self.coming.popleft()
            return True
        return False


async def listen(receiver: Receiver, host: str, port: int) -> asyncio.Server:
    """Open the SMTP door in the running loop; port 0 takes a free one."""
    # aiosmtpd logs whole commands with the addresses in them.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(
            receiver, hostname="mail.mash.test", ident="MAsH mail sink", data_size_limit=_BYTES, loop=loop
        ),
        host,
        port,
    )
