# SPDX-License-Identifier: EUPL-1.2
"""How the topics of a module's public documents are made."""

from typing import Final

from mash_sdk.kafka.broker import Topic
from mash_sdk.manifest import Manifest
from mash_sdk.names import Names

PUBLIC_SETTINGS: Final = {
    "cleanup.policy": "compact",
    # Small and young segments are compacted soon: who starts reads little more than the newest of each path.
    "segment.bytes": str(8 << 20),
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.1",
    "delete.retention.ms": "86400000",
}


def public_topic(name: str) -> Topic:
    """The topic of a module's documents. One partition: they are few, and keep one order."""
    return Topic(Names(name).public_topic, partitions=1, settings=PUBLIC_SETTINGS)


def topics_of(manifest: Manifest) -> list[Topic]:
    """What a module needs for its documents: nothing if it declares none."""
    return [public_topic(manifest.name)] if manifest.public else []
