# SPDX-License-Identifier: EUPL-1.2
"""Makes one realm of a running Keycloak what it has to be, and writes only what is not so yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakGetError

from mash_tools.problems import LauncherError
from mash_tools.realms.differences import differences, merged
from mash_tools.realms.levels import keep_levels
from mash_tools.realms.people import Person
from mash_tools.realms.shape import DEMO_MARK, MODULE_NEEDS, PROFILE, Realm, Representation

_NOT_FOUND = 404


@dataclass(slots=True)
class RealmReport:
    """What was done to one realm: `client forms`, or `client forms: attributes.jwks.string`."""

    realm: str
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.created and not self.changed:
            return f"{self.realm}: as it should be"
        parts = [("created", self.created), ("changed", self.changed)]
        return f"{self.realm}: " + "; ".join(f"{word} {', '.join(what)}" for word, what in parts if what)


class RealmKeeper:
    """One use for one realm. `creating` keeps realms from being made at the same time."""

    def __init__(self, connection: KeycloakOpenIDConnection, creating: Lock) -> None:
        self._admin = KeycloakAdmin(connection=connection)
        self._creating = creating
        self._audiences: frozenset[str] = frozenset()

    def keep(self, realm: Realm) -> RealmReport:
        report = RealmReport(realm.name)
        self._realm(realm, report)
        is_new = bool(report.created)
        self._admin.change_current_realm(realm.name)
        self._profile(report)
        self._roles(realm, report)
        self._audiences = frozenset(scope["name"] for scope in realm.scopes)
        scope_ids = self._scopes(realm, report)
        client_ids = self._clients(realm, scope_ids, report)
        self._switch_off(realm, report)
        self._spoken_roles(realm, client_ids, report)
        self._no_roles_of_its_own(realm, client_ids, report)
        if realm.has_levels and keep_levels(self._admin, realm.name):
            report.changed.append("login with levels")
        for person in realm.people:
            self._person(person, report)
        if is_new:
            report.changed.clear()
        return report

    def _realm(self, realm: Realm, report: RealmReport) -> None:
        try:
            found = self._admin.get_realm(realm.name)
        except KeycloakGetError as err:
            if err.response_code != _NOT_FOUND:
                raise
            with self._creating:
                self._admin.create_realm(realm.settings)
            report.created.append("realm")
            return
        was_demo = found.get("attributes", {}).get(DEMO_MARK)
        is_demo = realm.settings["attributes"][DEMO_MARK]
        if was_demo is not None and was_demo != is_demo:
            was, now = ("a demo", "real") if was_demo == "true" else ("real", "a demo")
            raise LauncherError(
                f"Keycloak's realm {realm.name} was made to be {was} and cannot become {now}, because "
                "demo logins have public passwords; delete the realm in Keycloak, or use another Keycloak."
            )
        if places := list(differences(realm.settings, found)):
            self._admin.update_realm(realm.name, merged(found, realm.settings))
            report.changed.append(f"realm: {', '.join(places)}")

    def _profile(self, report: RealmReport) -> None:
        found = self._admin.get_realm_users_profile()
        if places := list(differences(PROFILE, found)):
            self._admin.update_realm_users_profile(merged(found, PROFILE))
            report.changed.append(f"profile: {', '.join(places)}")

    def _roles(self, realm: Realm, report: RealmReport) -> None:
        found = {role["name"] for role in self._admin.get_realm_roles()}
        for role in realm.roles:
            if role not in found:
                self._admin.create_realm_role({"name": role})
                report.created.append(f"role {role}")
        if not realm.default_roles:
            return
        default = {role["name"] for role in self._admin.get_realm_default_roles()}
        if missing := [role for role in realm.default_roles if role not in default]:
            self._admin.add_realm_default_roles([self._admin.get_realm_role(role) for role in missing])
            report.changed.append(f"default roles: {', '.join(missing)}")

    def _scopes(self, realm: Realm, report: RealmReport) -> Mapping[str, str]:
        found = {scope["name"]: scope for scope in self._admin.get_client_scopes()}
        ids: dict[str, str] = {name: scope["id"] for name, scope in found.items()}
        for scope in realm.scopes:
            name = scope["name"]
            if name not in found:
                ids[name] = self._admin.create_client_scope(scope)
                report.created.append(f"scope {name}")
            else:
                self._update_scope(scope, found[name], report)
        return ids

    def _update_scope(self, wanted: Representation, found: Representation, report: RealmReport) -> None:
        plain = {key: value for key, value in wanted.items() if key != "protocolMappers"}
        places = list(differences(plain, found))
        if places:
            self._admin.update_client_scope(found["id"], merged(found, plain))
        mappers = {mapper["name"]: mapper for mapper in found.get("protocolMappers", [])}
        for mapper in wanted["protocolMappers"]:
            there = mappers.get(mapper["name"])
            if there is None:
                self._admin.add_mapper_to_client_scope(found["id"], mapper)
                places.append(f"mapper {mapper['name']}")
            elif wrong := list(differences(mapper, there)):
                self._admin.update_mapper_in_client_scope(found["id"], there["id"], merged(there, mapper))
                places += [f"mapper {mapper['name']}.{place}" for place in wrong]
        if places:
            report.changed.append(f"scope {wanted['name']}: {', '.join(places)}")

    def _clients(self, realm: Realm, scope_ids: Mapping[str, str], report: RealmReport) -> Mapping[str, str]:
        found = {client["clientId"]: client for client in self._admin.get_clients()}
        ids: dict[str, str] = {name: client["id"] for name, client in found.items()}
        for client in realm.clients:
            name = client["clientId"]
            if name not in found:
                ids[name] = self._admin.create_client(client)
                report.created.append(f"client {name}")
            else:
                self._update_client(client, found[name], scope_ids, report)
        return ids

    def _update_client(
        self, wanted: Representation, found: Representation, scope_ids: Mapping[str, str], report: RealmReport
    ) -> None:
        lists = ("defaultClientScopes", "optionalClientScopes")
        plain = {key: value for key, value in wanted.items() if key not in lists}
        places = list(differences(plain, found))
        if places:
            self._admin.update_client(found["id"], merged(found, plain))
        # An update leaves a client's scopes alone; they have doors of their own. None is taken away but from
        # a module that may no longer ask a service.
        if MODULE_NEEDS in wanted.get("attributes", {}):
            ours = set(self._audiences) - set(wanted["optionalClientScopes"])
            for scope in ours & set(found.get("optionalClientScopes", [])):
                self._admin.delete_client_optional_client_scope(found["id"], scope_ids[scope])
                places.append(f"not optional scope {scope}")
        for scope in set(wanted["optionalClientScopes"]) - set(found.get("optionalClientScopes", [])):
            self._admin.add_client_optional_client_scope(found["id"], scope_ids[scope], {})
            places.append(f"optional scope {scope}")
        for scope in set(wanted["defaultClientScopes"]) - set(found.get("defaultClientScopes", [])):
            self._admin.add_client_default_client_scope(found["id"], scope_ids[scope], {})
            places.append(f"default scope {scope}")
        if places:
            report.changed.append(f"client {wanted['clientId']}: {', '.join(places)}")

    def _switch_off(self, realm: Realm, report: RealmReport) -> None:
        """A module that is not approved any more gets no token: what it holds ends with it, in minutes."""
        wanted = {client["clientId"] for client in realm.clients}
        for client in self._admin.get_clients():
            is_module = MODULE_NEEDS in client.get("attributes", {})
            if is_module and client["clientId"] not in wanted and client["enabled"]:
                self._admin.update_client(client["id"], {**client, "enabled": False})
                report.changed.append(f"client {client['clientId']}: switched off")

    def _spoken_roles(self, realm: Realm, client_ids: Mapping[str, str], report: RealmReport) -> None:
        for client in realm.speaks_for_people:
            if client not in client_ids:
                continue
            found = self._admin.get_realm_roles_of_client_scope(client_ids[client])
            if missing := sorted(set(realm.roles) - {role["name"] for role in found}):
                roles = [self._admin.get_realm_role(role) for role in missing]
                self._admin.assign_realm_roles_to_client_scope(client_ids[client], roles)
                report.changed.append(f"client {client}: roles {', '.join(missing)}")

    def _no_roles_of_its_own(self, realm: Realm, client_ids: Mapping[str, str], report: RealmReport) -> None:
        # Keycloak gives a service account the default roles: the gateway itself would be a citizen.
        for client in realm.clients:
            name = client["clientId"]
            if not client["serviceAccountsEnabled"] or name not in realm.speaks_for_people:
                continue
            account = self._admin.get_client_service_account_user(client_ids[name])["id"]
            if found := self._admin.get_realm_roles_of_user(account):
                self._admin.delete_realm_roles_of_user(account, found)
                report.changed.append(f"client {name}: its own account without roles")

    def _person(self, person: Person, report: RealmReport) -> None:
        wanted: dict[str, Any] = {
            "username": person.username,
            "firstName": person.given_name,
            "lastName": person.family_name,
            "email": person.email,
            "emailVerified": True,
            "enabled": True,
            "attributes": person.attributes,
        }
        found = self._admin.get_users({"username": person.username, "exact": "true"})
        if not found:
            secret = {"type": "password", "value": person.password, "temporary": False}
            user_id = self._admin.create_user({**wanted, "credentials": [secret]})
            report.created.append(f"login {person.username}")
        else:
            user_id = found[0]["id"]
            if places := list(differences(wanted, found[0])):
                self._admin.update_user(user_id, merged(found[0], wanted))
                report.changed.append(f"login {person.username}: {', '.join(places)}")
        places = self._roles_of(user_id, person)
        if found and places:
            report.changed.append(f"login {person.username}: {', '.join(places)}")

    def _roles_of(self, user_id: str, person: Person) -> list[str]:
        found = {role["name"]: role for role in self._admin.get_realm_roles_of_user(user_id)}
        if missing := sorted(set(person.roles) - found.keys()):
            self._admin.assign_realm_roles(user_id, [self._admin.get_realm_role(role) for role in missing])
        if surplus := sorted(found.keys() - set(person.roles)):
            self._admin.delete_realm_roles_of_user(user_id, [found[role] for role in surplus])
        return [*(f"role {role}" for role in missing), *(f"not role {role}" for role in surplus)]
