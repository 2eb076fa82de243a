# SPDX-License-Identifier: EUPL-1.2
"""Who logs in by MQTT: the user is `<tenant>/<id>` of a device or webhook, the password its key."""

from typing import Protocol

from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid, Unauthenticated


class Keys(Protocol):
    async def verify(self, tenant: str, key: str) -> Principal: ...


class Holders:
    """Judges user names and passwords. Nobody without both."""

    def __init__(self, keys: Keys, tenants: frozenset[str]) -> None:
        self._keys = keys
        self._tenants = tenants

    def named(self, user: str) -> Principal | None:
        """Whom a user's name is of, if it could be; nothing is proven by that."""
        tenant, _, holder = user.partition("/")
        try:
            parse_id(holder)
        except Invalid:
            return None
        if tenant not in self._tenants:
            return None
        return Principal(kind="key", tenant=tenant, subject=holder)

    async def verify(self, user: str | None, password: bytes | None) -> Principal:
        """Raise Unauthenticated, or Unavailable where that cannot be said now."""
        tenant, _, holder = (user or "").partition("/")
        if password is None or tenant not in self._tenants:
            raise Unauthenticated("Benutzer: <stadt>/<Kennung des Geräts>, Passwort: sein Schlüssel.")
        who = await self._keys.verify(tenant, password.decode("utf-8", "surrogateescape"))
        if who.subject != holder:
            raise Unauthenticated("Der Schlüssel gehört zu einem anderen Gerät.")
        return who
