# SPDX-License-Identifier: EUPL-1.2
"""Questions between services by gRPC: the door that answers them, and the peers that are asked."""

from mash_sdk.rpc.calls import caller as caller
from mash_sdk.rpc.calls import purpose as purpose
from mash_sdk.rpc.calls import unit as unit
from mash_sdk.rpc.door import RpcDoor as RpcDoor
from mash_sdk.rpc.peers import Peers as Peers
from mash_sdk.rpc.server import RpcServer as RpcServer
from mash_sdk.rpc.server import serve_rpc as serve_rpc
from mash_sdk.rpc.tokens import ServiceTokens as ServiceTokens
