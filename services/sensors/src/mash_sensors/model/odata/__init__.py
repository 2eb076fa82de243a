# SPDX-License-Identifier: EUPL-1.2
"""The query language of SensorThings (18-088, 9.3), a part of OData 4: text to syntax, syntax to typed terms.

It is parsed by hand: the grammar is small, what it costs is bounded here, faults name their place in words
that help, and what is SensorThings' own (paths through sets, geography) is in no parser that is kept.
"""
