# SPDX-License-Identifier: EUPL-1.2
"""The only wiring of the gateway: what is made, and who gets what."""

from datetime import timedelta

from starlette.types import ASGIApp

from mash_portal_gw import views
from mash_portal_gw.edge.assets import Assets
from mash_portal_gw.edge.callers import Callers, Cookies
from mash_portal_gw.edge.documents import Documents
from mash_portal_gw.edge.door import Door
from mash_portal_gw.edge.exchange import Parts
from mash_portal_gw.edge.forward import Forwarder
from mash_portal_gw.edge.guarded import GuardedHttp
from mash_portal_gw.edge.headers import SecurityHeaders
from mash_portal_gw.edge.housekeeping import Housekeeping
from mash_portal_gw.edge.limiter import Limiter
from mash_portal_gw.edge.limits import Rate
from mash_portal_gw.edge.login import LoginDoor
from mash_portal_gw.edge.outcomes import Outcomes
from mash_portal_gw.edge.pool import Pool, PoolLimits
from mash_portal_gw.edge.sharing import Sharing
from mash_portal_gw.edge.shell import Shell
from mash_portal_gw.edge.streams import StreamLimits, Streams
from mash_portal_gw.edge.tenancy import Tenancy
from mash_portal_gw.edge.threshold import Crowd
from mash_portal_gw.edge.upgrade import Upgrader
from mash_portal_gw.gateways.approvals_file import read, watch_approvals
from mash_portal_gw.gateways.city_files import load_cities
from mash_portal_gw.gateways.keycloak import Keycloak
from mash_portal_gw.gateways.mail import MailSink
from mash_portal_gw.gateways.modules import HttpModuleDoors, ModulesTopic
from mash_portal_gw.gateways.public_topics import PublicTopics
from mash_portal_gw.gateways.traces import Traces
from mash_portal_gw.model.circuit import Rule
from mash_portal_gw.model.network import networks
from mash_portal_gw.service import Lifetimes, Logins, ModuleTokens, Sessions
from mash_portal_gw.service.approvals import approve
from mash_portal_gw.service.health import Health
from mash_portal_gw.service.ports import Mailbox, ModuleDoors, TraceStore
from mash_portal_gw.service.routes import RouteTable
from mash_portal_gw.service.sealing import Sealer
from mash_portal_gw.service.shelves import Shelves
from mash_portal_gw.settings import Settings
from mash_portal_gw.store import PostgresPassings, PostgresSessions
from mash_sdk.client_key import client_key
from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.telemetry import observed
from mash_sdk.tenants import OPERATORS


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    name, database = program.name, program.database
    tenants, verifier = program.tenants, program.verifier
    key = client_key(settings.client_key)
    own = approve(name, key, ())

    routes = RouteTable({**read(settings.approvals), name: own}, clock)
    topic = ModulesTopic(routes)
    shelves = Shelves(tenants, routes.owner, clock, settings.public_bytes)
    public = PublicTopics(routes, shelves)
    keycloak = Keycloak(
        settings.keycloak, name, key, verifier, lambda tenant: tenants.url(tenant, "/callback"), clock
    )
    sealer, store = Sealer(settings.session_key), PostgresSessions()
    lives = Lifetimes(
        timedelta(seconds=settings.session_idle),
        timedelta(seconds=settings.session_longest),
        timedelta(seconds=settings.session_cache),
    )
    sessions = Sessions(keycloak, store, database.unit, sealer, clock, lives)
    logins = observed(Logins(keycloak, sessions, sealer, clock), "logins")
    tokens = ModuleTokens(keycloak, clock, name, again=settings.token_cache)
    cookies = Cookies(tenants)
    pool = Pool(
        PoolLimits(
            per_origin=settings.connections,
            connect_seconds=settings.connect_seconds,
            idle_seconds=settings.kept_seconds,
        )
    )
    others = HttpModuleDoors()
    cities = views.Cities(load_cities(tenants))
    assets = Assets(settings.kern)
    traces, mail = Traces(settings.traces), MailSink(settings.mail_sink)

    async def login_ready() -> None:
        await keycloak.reachable(next(iter(tenants), OPERATORS))

    program.checks = {"login": login_ready, "modules": topic.ready}
    # Public pages need neither sessions nor logins.
    program.requires = frozenset({"modules"})
    health = Health({"postgres": database.ready, **program.checks})
    streams = Streams(
        StreamLimits(
            each=settings.client_streams,
            instance=settings.module_streams,
            idle=settings.stream_idle,
            longest=settings.stream_longest,
        )
    )
    outcomes = Outcomes(Rule(settings.circuit_failures, settings.circuit_seconds))
    limiter = Limiter(
        Rate(settings.rate_client, settings.rate_client_burst),
        Rate(settings.rate_tenant, settings.rate_tenant_burst),
        Rate(settings.rate_login, settings.rate_login_burst),
        settings.session_key,
    )
    sharing = Sharing(limiter, PostgresPassings(), database.worker_unit, settings.rate_shared)
    form_targets = (settings.keycloak, *filter(None, settings.form_targets.split(",")))
    parts = Parts(
        tenants=tenants,
        cities=cities,
        tenancy=Tenancy(tenants),
        routes=routes,
        callers=Callers(verifier, sessions, tokens, cookies, clock),
        login=LoginDoor(logins, sessions, keycloak, cookies, tenants),
        forwarder=Forwarder(pool, streams, outcomes, patience=settings.upstream_seconds),
        upgrader=Upgrader(pool, streams, outcomes, patience=settings.upstream_seconds),
        streams=streams,
        limiter=limiter,
        shell=Shell(assets, cities),
        assets=assets,
        security=SecurityHeaders(form_targets=map(origin_of, form_targets)),
        documents=Documents(routes, others, settings.public_url, clock),
        shelves=shelves,
        body_limit=settings.body_limit,
        crowd=Crowd(each=settings.client_connections, together=settings.all_connections),
        trusted=networks(settings.trusted_proxies),
    )

    def edge(inner: ASGIApp) -> ASGIApp:
        return Door(inner, parts, program.telemetry)

    housekeeping = Housekeeping(database, store, pool, clock)
    program.http = [views.router]
    program.provides = {
        RouteTable: routes,
        Shelves: shelves,
        Sharing: sharing,
        views.Cities: cities,
        Health: health,
        TraceStore: traces,
        Mailbox: mail,
        ModuleDoors: others,
    }
    program.edge, program.protocol = edge, GuardedHttp
    program.runs = [
        topic.follow,
        topic.measure,
        watch_approvals(settings.approvals, own, routes),
        public.follow,
        public.measure,
        housekeeping.sessions,
        housekeeping.connections,
        sharing.run,
    ]
    program.closes = [sessions, tokens, keycloak, others, traces, mail, pool]
    return program


def origin_of(url: str) -> str:
    """`http://localhost:8180/auth` → `http://localhost:8180`."""
    scheme, _, rest = url.strip().partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
