# SPDX-License-Identifier: EUPL-1.2
"""The HTTP door: who may pass, one transaction per request, answers that explain themselves."""

from mash_sdk.http.files import file_answer as file_answer
from mash_sdk.http.forms import PageForm as PageForm
from mash_sdk.http.guards import Allow as Allow
from mash_sdk.http.guards import Keyring as Keyring
from mash_sdk.http.idempotency import REPLAYED as REPLAYED
from mash_sdk.http.idempotency import IdempotencyKey as IdempotencyKey
from mash_sdk.http.pages import Page as Page
from mash_sdk.http.pages import PageContext as PageContext
from mash_sdk.http.pages import Pages as Pages
from mash_sdk.http.paging import After as After
from mash_sdk.http.paging import Limit as Limit
from mash_sdk.http.router import InUnit as InUnit
from mash_sdk.http.router import Router as Router
from mash_sdk.problems import Fault as Fault
from mash_sdk.problems import Problem as Problem
