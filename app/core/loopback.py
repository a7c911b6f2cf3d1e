"""Hosts: whether a text names one, and whether it is this computer."""

import ipaddress
import re

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
