"""Tells whether a host is this computer."""

import ipaddress

_FOUR = ipaddress.ip_network("127.0.0.0/8")
_SIX = ipaddress.ip_address("::1")


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
