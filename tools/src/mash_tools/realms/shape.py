# SPDX-License-Identifier: EUPL-1.2
"""What a realm has to be, as Keycloak's own representations. Pure: nothing here talks to Keycloak."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from mash_sdk.tenants import OPERATORS, Tenant
from mash_tools.realms.people import OFFICE, Person
from mash_tools.realms.people import OPERATORS as OPERATOR_PEOPLE

Representation = dict[str, Any]

GATEWAY = "portal-gw"
DEMO_CLIENT = "demo-api"
DEMO_MARK = "mash.demo"
"""Realm attribute: the realm has logins with public passwords and must never become a real one."""

MODULE_SCOPE = "mash_module"
"""Marks a module's own tokens by a claim of this name. No service or module can be called so."""
MODULE_NEEDS = "mash.module.needs"
"""Client attribute: it is a module's, approved to ask these services."""

CITY_ROLES = ("citizen", "clerk", "supervisor", "editor", "treasurer", "auditor", "dispatcher", "driver")
OPERATOR_ROLES = ("operator",)
_PERSON_SCOPES = ("profile", "email", "acr")
_TOLD_TO = {"forms": ("address", "birthdate", "trust_level")}
"""Who learns more of a person and their login than name and e-mail: nobody else's token has it."""
PROFILE = {"unmanagedAttributePolicy": "ADMIN_EDIT"}
"""People's attributes beyond Keycloak's own: administrators set them, people cannot change theirs."""
_ACCESS_TOKEN_SECONDS = 300
_SESSION_IDLE_SECONDS = 30 * 60
_SESSION_SECONDS = 10 * 3600


@dataclass(frozen=True, slots=True)
class Site:
    """What a realm is made from, apart from the clients' keys."""

    realm: str
    title: str
    languages: tuple[str, ...]
    roles: tuple[str, ...]
    default_roles: tuple[str, ...]
    start_pages: tuple[str, ...]
    """Where the portal begins, each ending in a slash: one by path and one for each own host."""
    people: tuple[Person, ...]
    demo: bool


@dataclass(frozen=True, slots=True)
class Realm:
    """A realm as it has to be."""

    name: str
    settings: Representation
    roles: tuple[str, ...]
    default_roles: tuple[str, ...]
    scopes: tuple[Representation, ...]
    clients: tuple[Representation, ...]
    speaks_for_people: tuple[str, ...]
    """Clients whose tokens carry the person's realm roles."""
    people: tuple[Person, ...] = field(default=())
    has_levels: bool = False
    """Its own login asks for a second factor where a form wants a higher trust level."""


def site_of(
    tenant: Tenant, people: tuple[Person, ...], public_url: str, *, demo: bool, offices: Sequence[str] = ()
) -> Site:
    """A municipality's site. It is a demo only where both the city and the platform say so.

    `offices`: the ids of its offices; each has a role that binds a clerk to it.
    """
    pages = (f"{public_url.rstrip('/')}/{tenant.name}/", *(f"https://{host}/" for host in tenant.hosts))
    is_demo = demo and tenant.demo
    return Site(
        realm=tenant.name,
        title=tenant.full_title,
        languages=tenant.languages,
        roles=(*CITY_ROLES, *(f"{OFFICE}{office}" for office in offices)),
        default_roles=("citizen",),
        start_pages=pages,
        people=people if is_demo else (),
        demo=is_demo,
    )


def operators_site(public_url: str, *, demo: bool) -> Site:
    """Where those who run the platform sign in. No role comes by itself."""
    return Site(
        realm=OPERATORS,
        title="MAsH Betrieb",
        languages=("de", "en"),
        roles=OPERATOR_ROLES,
        default_roles=(),
        start_pages=(f"{public_url.rstrip('/')}/ops/",),
        people=OPERATOR_PEOPLE if demo else (),
        demo=demo,
    )


def realm_of(
    site: Site,
    keycloak_url: str,
    client_jwks: Mapping[str, Representation],
    modules: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Realm:
    """The realm of a site. `client_jwks`: a service's or module's name → its public key set (RFC 7517).

    `modules`: which of them are modules, and the services each was approved to ask.
    """
    services = sorted(client_jwks)
    clients = [
        _service_client(name, jwks, services)
        if name not in modules
        else _module_client(name, jwks, [peer for peer in services if peer in modules[name]], modules[name])
        for name, jwks in sorted(client_jwks.items())
    ]
    for client in clients:
        if client["clientId"] == GATEWAY:
            _become_gateway(client, site)
    if site.demo:
        clients.append(_demo_client(services))
    return Realm(
        name=site.realm,
        settings=_settings(site, keycloak_url),
        roles=site.roles,
        default_roles=site.default_roles,
        scopes=(*(_audience_scope(name) for name in services), _MODULE),
        clients=tuple(clients),
        speaks_for_people=(GATEWAY, DEMO_CLIENT) if site.demo else (GATEWAY,),
        people=site.people,
        has_levels=site.demo,
    )


def _settings(site: Site, keycloak_url: str) -> Representation:
    loopback = urlsplit(keycloak_url).hostname in {"localhost", "127.0.0.1", "::1"}
    return {
        "realm": site.realm,
        "enabled": True,
        "displayName": site.title,
        "sslRequired": "none" if loopback and site.demo else "external",
        "registrationAllowed": False,
        "rememberMe": False,
        "verifyEmail": False,
        "resetPasswordAllowed": False,
        "editUsernameAllowed": False,
        "loginWithEmailAllowed": True,
        "duplicateEmailsAllowed": False,
        "bruteForceProtected": True,
        "failureFactor": 10,
        "passwordPolicy": "" if site.demo else "length(12) and notUsername and notEmail",
        "accessTokenLifespan": _ACCESS_TOKEN_SECONDS,
        "ssoSessionIdleTimeout": _SESSION_IDLE_SECONDS,
        "ssoSessionMaxLifespan": _SESSION_SECONDS,
        "internationalizationEnabled": True,
        "supportedLocales": sorted({"de", "en", *site.languages}),
        "defaultLocale": site.languages[0],
        "attributes": {DEMO_MARK: str(site.demo).lower()},
    }


def _service_client(name: str, jwks: Representation, services: Sequence[str]) -> Representation:
    return {
        "clientId": name,
        "name": name,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "bearerOnly": False,
        "clientAuthenticatorType": "client-jwt",
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": False,
        "redirectUris": [],
        "webOrigins": [],
        "defaultClientScopes": ["basic", "roles", "service_account"],
        "optionalClientScopes": list(services),
        "attributes": {
            "use.jwks.string": "true",
            "use.jwks.url": "false",
            "jwks.string": json.dumps(public_only(jwks), sort_keys=True, separators=(",", ":")),
            "token.endpoint.auth.signing.alg": "ES256",
        },
    }


def _module_client(
    name: str, jwks: Representation, peers: Sequence[str], needs: Sequence[str]
) -> Representation:
    """As a service's, but with tokens for those only that it was approved to ask, which say what it is."""
    client = _service_client(name, jwks, peers)
    client["defaultClientScopes"] = [*client["defaultClientScopes"], MODULE_SCOPE]
    client["attributes"] |= {MODULE_NEEDS: " ".join(sorted(needs)) or "-"}
    return client


def _become_gateway(client: Representation, site: Site) -> None:
    client["standardFlowEnabled"] = True
    client["defaultClientScopes"] = [*client["defaultClientScopes"], *_PERSON_SCOPES]
    client["baseUrl"] = site.start_pages[0]
    client["redirectUris"] = [f"{page}callback" for page in site.start_pages]
    client["attributes"] |= {
        "pkce.code.challenge.method": "S256",
        "post.logout.redirect.uris": "##".join(site.start_pages),
        "standard.token.exchange.enabled": "true",
        # An exchanged token serves one call; whoever gets hold of it must not be able to prolong it.
        "standard.token.exchange.enableRefreshRequestedTokenType": "NO",
    }


def _demo_client(services: Sequence[str]) -> Representation:
    return {
        "clientId": DEMO_CLIENT,
        "name": "Demo: tokens for curl",
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "secret": "demo",
        "serviceAccountsEnabled": False,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": True,
        "fullScopeAllowed": False,
        "redirectUris": [],
        "webOrigins": [],
        # The gateway exchanges only tokens that were meant for it.
        "defaultClientScopes": ["basic", "roles", *_PERSON_SCOPES, GATEWAY],
        "optionalClientScopes": [service for service in services if service != GATEWAY],
    }


_IN_ACCESS_TOKEN = {
    "access.token.claim": "true",
    "id.token.claim": "false",
    "userinfo.token.claim": "false",
    "introspection.token.claim": "true",
}
_MAPPERS: Mapping[str, Representation] = {
    "address": {
        "name": "address",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-address-mapper",
        "config": {
            "user.attribute.street": "street",
            "user.attribute.postal_code": "postal_code",
            "user.attribute.locality": "locality",
            **_IN_ACCESS_TOKEN,
        },
    },
    "birthdate": {
        "name": "birthdate",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {
            "user.attribute": "birth_date",
            "claim.name": "birthdate",
            "jsonType.label": "String",
            **_IN_ACCESS_TOKEN,
        },
    },
    # Token exchange gives `acr` anew and loses the level that was reached; the session still knows it.
    "trust_level": {
        "name": "trust_level",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usersessionmodel-note-mapper",
        "config": {
            "user.session.note": "loa-map",
            "claim.name": "trust_level",
            "jsonType.label": "JSON",
            **_IN_ACCESS_TOKEN,
        },
    },
}


_MODULE: Representation = {
    "name": MODULE_SCOPE,
    "description": "The token is a module's own",
    "protocol": "openid-connect",
    "attributes": {"include.in.token.scope": "false", "display.on.consent.screen": "false"},
    "protocolMappers": [
        {
            "name": "module",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-hardcoded-claim-mapper",
            "config": {
                "claim.name": MODULE_SCOPE,
                "claim.value": "true",
                "jsonType.label": "boolean",
                **_IN_ACCESS_TOKEN,
            },
        }
    ],
}


def _audience_scope(service: str) -> Representation:
    return {
        "name": service,
        "description": f"A token meant for {service}",
        "protocol": "openid-connect",
        "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "false"},
        "protocolMappers": [
            {
                "name": "audience",
                "protocol": "openid-connect",
                "protocolMapper": "oidc-audience-mapper",
                "config": {
                    "included.client.audience": service,
                    "access.token.claim": "true",
                    "id.token.claim": "false",
                    "introspection.token.claim": "true",
                },
            },
            *(_MAPPERS[claim] for claim in _TOLD_TO.get(service, ())),
        ],
    }


def public_only(jwks: Representation) -> Representation:
    """A key set with public keys only; a single key becomes a set. Private members raise ValueError."""
    keys: list[Representation] = jwks.get("keys", [jwks])
    for key in keys:
        if private := {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys():
            raise ValueError(f"a client's key set must be public, but has {', '.join(sorted(private))}")
    return {"keys": keys}
