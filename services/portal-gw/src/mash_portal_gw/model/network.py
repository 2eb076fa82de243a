# SPDX-License-Identifier: EUPL-1.2
"""The networks whose word about the client's address is believed."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """`10.0.0.0/8, 192.168.1.7` as networks; ValueError names what is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
