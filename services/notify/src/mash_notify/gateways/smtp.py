# SPDX-License-Identifier: EUPL-1.2
"""E-mail by SMTP. It knows at every point whether the server may already have the message."""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPSenderRefused

from mash_notify.gateways.lines import one_line
from mash_notify.gateways.senders import Sender
from mash_notify.service.sender import Mail, NoAnswer, NotNow, Refused
from mash_notify.settings import Settings
from mash_sdk.settings import address
from mash_sdk.telemetry import SpanKind, step

_log = logging.getLogger(__name__)

_PERMANENT = range(500, 600)
_TRANSIENT = range(400, 500)


class SmtpChannel:
    """Hands messages to one mail server, a connection each."""

    def __init__(self, settings: Settings, senders: Mapping[str, Sender]) -> None:
        self._host, self._port = address(settings.smtp)
        self._settings = settings
        self._senders = senders

    async def send(self, mail: Mail, handing_over: Callable[[], Awaitable[None]]) -> None:
        """See `mash_notify.service.sender.Channel`."""
        sender = self._senders.get(mail.tenant)
        if sender is None:
            _log.warning("an e-mail waits: nobody is known to send as %s", mail.tenant)
            raise NotNow
        try:
            content = _content(mail, sender)
        except (
            ValueError,
            IndexError,
            MessageError,
        ):  # what the standard library says to an address that is none
            raise Refused from None
        server: dict[str, str | int] = {"server.address": self._host, "server.port": self._port}
        with step("smtp", kind=SpanKind.CLIENT, attributes=server):
            client = self._client()
            try:
                await self._introduce(client, sender.address, mail.email, len(content))
                await handing_over()
                await self._hand_over(client, content)
                with contextlib.suppress(SMTPException, OSError):
                    await client.quit(timeout=1)
            finally:
                client.close()

    def _client(self) -> aiosmtplib.SMTP:
        tls = self._settings.smtp_tls
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._settings.smtp_seconds,
            use_tls=tls == "tls",
            start_tls={"auto": None, "starttls": True, "tls": False}[tls],
            username=self._settings.smtp_user,
            password=self._settings.smtp_password,
        )

    async def _introduce(self, client: aiosmtplib.SMTP, sender: str, recipient: str, size: int) -> None:
        """Everything before the words: whatever goes wrong here, nothing was sent."""
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            options = [f"size={size}"] if client.supports_extension("size") else []
            await client.mail(sender, options=options)
            await client.rcpt(recipient)
        except (SMTPSenderRefused, SMTPRecipientRefused) as err:
            raise (Refused if err.code in _PERMANENT else NotNow) from None
        except (UnicodeError, ValueError):
            raise Refused from None
        except (SMTPException, OSError, TimeoutError):
            raise NotNow from None

    async def _hand_over(self, client: aiosmtplib.SMTP, content: bytes) -> None:
        try:
            await client.data(content)
        except SMTPDataError as err:
            if err.code in _PERMANENT:
                raise Refused from None
            raise (NotNow if err.code in _TRANSIENT else NoAnswer) from None
        except (SMTPException, OSError, TimeoutError):
            raise NoAnswer from None


def _content(mail: Mail, sender: Sender) -> bytes:
    """The message as it goes over the wire, seven bits wide. The same attempt after attempt."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(one_line(mail.name), addr_spec=mail.email)
    message["Subject"] = mail.letter.subject
    message["Date"] = mail.written_at
    message["Message-ID"] = f"<{mail.id}@{sender.address.rpartition('@')[2]}>"
    message["Content-Language"] = mail.language
    if mail.letter.unsubscribe:  # RFC 2369 and RFC 8058: one click in the mail program, without a login
        message["List-Unsubscribe"] = f"<{mail.letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps absence notes from answering
    message.set_content(mail.letter.text, cte="quoted-printable")
    message.add_alternative(mail.letter.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()
