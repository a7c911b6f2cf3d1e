"""Hosts: whether a text names one, whether it is this computer, and who may call."""

import hmac
import ipaddress
import re
from urllib.parse import urlsplit

_FOUR = ipaddress.ip_network("127.0.0.0/8")
_SIX = ipaddress.ip_address("::1")


_LABEL = r"\w(?:[\w-]{0,61}\w)?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?")
"""A name in any script."""


def is_host(host: str) -> bool:
    """Tell if a text is the name or the number of a host, without a port."""
    if len(host) <= 253 and _NAME.fullmatch(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell if a host is this computer, by its name or number alone.

    Only names that no other resolver may answer count: a name such as 127.0.0.1.nip.io
    is asked of a stranger.
    """
    if host == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number in _FOUR if number.version == 4 else number == _SIX


def is_by_number(header: str, port: int) -> bool:
    """Tell from `Host` if a request came by number; a name could lead here by a trick.

    A page of somebody else's can let its own name stand for this computer, and its
    requests would come from here: https://en.wikipedia.org/wiki/DNS_rebinding.
    """
    try:
        parts = urlsplit(f"//{header}")
        given, host = parts.port or 80, parts.hostname or ""
        if host != "localhost":
            ipaddress.ip_address(host)
    except ValueError:
        return False
    return given == port


def is_same(given: str, right: str) -> bool:
    """Compare a key in a time that tells nothing."""
    # Headers may hold bytes that are no text.
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())
