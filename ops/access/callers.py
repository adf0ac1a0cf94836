"""Whom attempts are counted under: an address, as far as one caller commands it."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

HOSTS = 64  # bits of an IPv6 address that a caller chooses freely


def address_or_none(text: str) -> str | None:
    """The address in its usual spelling; None for any other text."""
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def network_of(request: Any) -> str:
    """The caller's IPv4 address, or the first address of its IPv6 network; empty behind a socket file.

    `REMOTE_ADDR` is right by then: console/proxies.py has read what our proxies forwarded, and nothing else.
    """
    told = address_or_none(request.META.get("REMOTE_ADDR", ""))
    if told is None:
        return ""
    address = ip_address(told)
    if not isinstance(address, IPv6Address):
        return told
    mapped = address.ipv4_mapped
    return str(mapped or ip_network((address, HOSTS), strict=False).network_address)
