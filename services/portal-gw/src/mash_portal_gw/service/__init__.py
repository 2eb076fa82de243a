# SPDX-License-Identifier: EUPL-1.2
"""Logging in, staying logged in, logging out: the use cases of the browser's session."""

from mash_portal_gw.service.logins import LoginExpired as LoginExpired
from mash_portal_gw.service.logins import LoginRefused as LoginRefused
from mash_portal_gw.service.logins import Logins as Logins
from mash_portal_gw.service.ports import Heard as Heard
from mash_portal_gw.service.ports import IdentityProvider as IdentityProvider
from mash_portal_gw.service.ports import Passings as Passings
from mash_portal_gw.service.ports import Row as Row
from mash_portal_gw.service.ports import SessionStore as SessionStore
from mash_portal_gw.service.ports import Units as Units
from mash_portal_gw.service.sessions import Lifetimes as Lifetimes
from mash_portal_gw.service.sessions import Sessions as Sessions
from mash_portal_gw.service.tokens import ModuleTokens as ModuleTokens
