# SPDX-License-Identifier: EUPL-1.2
"""What other services may ask of notify by gRPC."""

from google.protobuf.timestamp_pb2 import Timestamp

from mash.notify.v1.notify_pb2 import ListMessagesRequest, ListMessagesResponse, MessageState
from mash.notify.v1.notify_pb2 import Message as MessageAnswer
from mash.notify.v1.notify_pb2_grpc import MessageServiceServicer
from mash_notify.model import Message, State
from mash_notify.service.notices import Notices
from mash_sdk import rpc
from mash_sdk.problems import Invalid

MOST = 200

_STATES = {
    State.QUEUED: MessageState.MESSAGE_STATE_QUEUED,
    State.SENDING: MessageState.MESSAGE_STATE_QUEUED,
    State.SENT: MessageState.MESSAGE_STATE_SENT,
    State.UNKNOWN: MessageState.MESSAGE_STATE_UNKNOWN,
    State.REFUSED: MessageState.MESSAGE_STATE_REFUSED,
}


class MessageRpc(MessageServiceServicer):
    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    async def ListMessages(  # noqa: N802 — the contract's name
        self, request: ListMessagesRequest, _context: object
    ) -> ListMessagesResponse:
        if not request.about.isascii() or not request.about.isprintable() or not request.about:
            raise Invalid("about names the thing the messages are about")
        page = await self._notices.about(request.about, MOST, None, rpc.unit())
        return ListMessagesResponse(messages=[_answer(message) for message in page.messages])


def _answer(message: Message) -> MessageAnswer:
    changed_at = Timestamp()
    changed_at.FromDatetime(message.changed_at)
    return MessageAnswer(
        message_id=message.id,
        channel=message.channel,
        state=_STATES[message.state],
        changed_at=changed_at,
    )
