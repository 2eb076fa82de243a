# SPDX-License-Identifier: EUPL-1.2
"""Logging in more strongly in a demo realm: a browser flow with levels of authentication (`acr`).

A real realm gets its levels from the identity provider behind it (BundID); its flow is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keycloak import KeycloakAdmin

FLOW = "browser-with-levels"
_SECOND_FACTOR_SECONDS = 1800
"""How long one code of the second factor counts for further logins."""
_PASSWORD_SECONDS = 10 * 3600


@dataclass(frozen=True, slots=True)
class Level:
    """A level and what it asks for (Keycloak's authenticator)."""

    level: int
    asks: str
    seconds: int

    @property
    def alias(self) -> str:
        return f"{FLOW}-{self.level}"


LEVELS: Sequence[Level] = (
    Level(1, "auth-username-password-form", _PASSWORD_SECONDS),
    # Who has no code yet sets one up on the way: that is a demo, nobody's identity is proven by it.
    Level(3, "auth-otp-form", _SECOND_FACTOR_SECONDS),
)


def keep_levels(admin: KeycloakAdmin, realm: str) -> bool:
    """See to it that the realm's browser flow has the levels; True if something had to be written."""
    if admin.get_realm(realm).get("browserFlow") == FLOW:
        return False
    # Put together anew: one that a stop had left half made is not bound to the realm.
    for flow in admin.get_authentication_flows():
        if flow["alias"] == FLOW:
            admin.delete_authentication_flow(flow["id"])
    _make(admin)
    admin.update_realm(realm, {"browserFlow": FLOW})
    return True


def _make(admin: KeycloakAdmin) -> None:
    top = {"alias": FLOW, "providerId": "basic-flow", "topLevel": True, "builtIn": False}
    admin.create_authentication_flow(top)
    admin.create_authentication_flow_execution({"provider": "auth-cookie"}, FLOW)
    forms = f"{FLOW}-forms"
    _subflow(admin, forms, FLOW)
    for level in LEVELS:
        _subflow(admin, level.alias, forms)
        condition = {"provider": "conditional-level-of-authentication"}
        admin.create_authentication_flow_execution(condition, level.alias)
        admin.create_authentication_flow_execution({"provider": level.asks}, level.alias)
    wanted: Mapping[str, str] = {
        "auth-cookie": "ALTERNATIVE",
        forms: "ALTERNATIVE",
        **{level.alias: "CONDITIONAL" for level in LEVELS},
    }
    conditions = iter(LEVELS)
    for execution in admin.get_authentication_flow_executions(FLOW):
        name = execution.get("providerId") or execution["displayName"]
        execution["requirement"] = wanted.get(name, "REQUIRED")
        admin.update_authentication_flow_executions(execution, FLOW)
        if name == "conditional-level-of-authentication":
            level = next(conditions)
            config = {"loa-condition-level": str(level.level), "loa-max-age": str(level.seconds)}
            admin.create_execution_config(execution["id"], {"alias": level.alias, "config": config})


def _subflow(admin: KeycloakAdmin, alias: str, parent: str) -> None:
    asked = {"alias": alias, "type": "basic-flow", "provider": "registration-page-form", "description": ""}
    admin.create_authentication_flow_subflow(asked, parent)
