# SPDX-License-Identifier: EUPL-1.2
"""The Kafka door: what a service listens to, how its events leave, and what happens when something fails."""

from mash_sdk.kafka.batches import is_passing as is_passing
from mash_sdk.kafka.binding import EventContext as EventContext
from mash_sdk.kafka.binding import HandlerError as HandlerError
from mash_sdk.kafka.broker import Broker as Broker
from mash_sdk.kafka.broker import BrokerAway as BrokerAway
from mash_sdk.kafka.broker import Outgoing as Outgoing
from mash_sdk.kafka.broker import Partition as Partition
from mash_sdk.kafka.broker import Record as Record
from mash_sdk.kafka.broker import Topic as Topic
from mash_sdk.kafka.client import KafkaBroker as KafkaBroker
from mash_sdk.kafka.consumer import Consumer as Consumer
from mash_sdk.kafka.outlet import Outlet as Outlet
from mash_sdk.kafka.stream import Delivered as Delivered
from mash_sdk.kafka.stream import Stream as Stream
from mash_sdk.kafka.stream_consumer import StreamConsumer as StreamConsumer
from mash_sdk.kafka.subscriptions import Bound as Bound
from mash_sdk.kafka.subscriptions import Limit as Limit
from mash_sdk.kafka.subscriptions import Retry as Retry
from mash_sdk.kafka.subscriptions import Subscription as Subscription
from mash_sdk.kafka.subscriptions import Subscriptions as Subscriptions
