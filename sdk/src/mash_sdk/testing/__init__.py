# SPDX-License-Identifier: EUPL-1.2
"""What ships with the SDK for tests: benches, a broker in memory, a clock, an issuer, one suite for all."""

from mash_sdk.testing.bench import CSRF as CSRF
from mash_sdk.testing.bench import Bench as Bench
from mash_sdk.testing.broker import MemoryBroker as MemoryBroker
from mash_sdk.testing.clock import FakeClock as FakeClock
from mash_sdk.testing.conformance import ModuleConformance as ModuleConformance
from mash_sdk.testing.databases import PostgresServer as PostgresServer
from mash_sdk.testing.issuer import Issuer as Issuer
from mash_sdk.testing.spans import Spans as Spans
from mash_sdk.testing.steps import Steps as Steps
from mash_sdk.testing.steps import StreamSteps as StreamSteps
