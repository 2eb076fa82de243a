# SPDX-License-Identifier: EUPL-1.2
"""Traces and metrics of one Program. Nothing is global: a context variable says whose code is running."""

from opentelemetry.trace import SpanKind as SpanKind

from mash_sdk.metrics import Metric as Metric
from mash_sdk.metrics import counter as counter
from mash_sdk.metrics import gauge as gauge
from mash_sdk.metrics import histogram as histogram
from mash_sdk.telemetry.current import current as current
from mash_sdk.telemetry.meters import METRICS_MEDIA_TYPE as METRICS_MEDIA_TYPE
from mash_sdk.telemetry.meters import Undeclared as Undeclared
from mash_sdk.telemetry.propagation import extract as extract
from mash_sdk.telemetry.propagation import inject as inject
from mash_sdk.telemetry.propagation import link_to as link_to
from mash_sdk.telemetry.propagation import trace_id as trace_id
from mash_sdk.telemetry.propagation import traceparent as traceparent
from mash_sdk.telemetry.provider import Telemetry as Telemetry
from mash_sdk.telemetry.steps import count as count
from mash_sdk.telemetry.steps import record as record
from mash_sdk.telemetry.steps import step as step
from mash_sdk.telemetry.use_cases import observed as observed
