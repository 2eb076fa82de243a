# SPDX-License-Identifier: EUPL-1.2
"""The local span store: OTLP in, Jaeger's query API out, so that a Jaeger can stand in its place."""
