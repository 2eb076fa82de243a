# SPDX-License-Identifier: EUPL-1.2
"""What notify reads from its environment, besides what every service reads."""

from typing import Literal

from pydantic import Field

from mash_sdk.settings import Settings as PlatformSettings


class Settings(PlatformSettings):
    forms_grpc: str = Field(description="host:port of forms' gRPC door")
    sensors_grpc: str = Field(description="host:port of sensors' gRPC door")
    unsubscribe_key: str = Field(
        min_length=32, description="secret: links that end a subscription are signed with it"
    )
    smtp: str = Field(description="host:port of the mail server that takes our messages")
    smtp_tls: Literal["auto", "starttls", "tls"] = Field(
        "auto", description="auto: STARTTLS where offered; starttls: not without; tls: from the first byte"
    )
    smtp_user: str | None = Field(None, description="login at the mail server; none: no login")
    smtp_password: str | None = Field(None, description="its password")
    smtp_seconds: float = Field(10.0, gt=0, description="how long to wait for each answer of the mail server")
    contact_days: int = Field(365, ge=1, description="days a contact point is kept after it was last used")
    mailbox_days: int = Field(730, ge=1, description="days an entry in a mailbox is kept")
    message_days: int = Field(730, ge=1, description="days the record of a message is kept")
