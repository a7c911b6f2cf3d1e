"""The address of an OpenAI-compatible server, checked before anything is sent there."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.errors import ConfigError

OPENAI_HOST = "api.openai.com"


@dataclass(frozen=True)
class Address:
    """The destination of requests."""

    url: str
    host: str

    @property
    def is_openai(self) -> bool:
        return self.host == OPENAI_HOST

    @property
    def is_this_machine(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse(url: str) -> Address:
    """Parse a `base_url`; the address's path ends in a slash.

    Raises:
        ConfigError: If it is not a web address, or would give secrets away.
    """
    hint = "Set openai.base_url to an address like http://127.0.0.1:11434/v1/."
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ConfigError(
            f"openai.base_url is not an address: {error}.", hint
        ) from error
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError("openai.base_url must start with http:// or https://.", hint)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError("openai.base_url must be a plain address.", hint)
    if host == OPENAI_HOST and (parts.scheme != "https" or port not in ("", ":443")):
        raise ConfigError("OpenAI only accepts https.", hint)
    literal = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/") + "/"
    return Address(f"{parts.scheme}://{literal}{port}{path}", host)
