"""The address of an OpenAI-compatible server, checked before anything is sent there."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.errors import ConfigError
from app.core.labels import PLACES, Reach
from app.core.loopback import is_host, is_loopback

OPENAI_HOST = "api.openai.com"

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """The destination of requests."""

    url: str
    host: str
    origin: str
    """Scheme, host and port, by which the owner's consent knows it."""
    reach: Reach

    @property
    def is_openai(self) -> bool:
        return self.host == OPENAI_HOST

    @property
    def is_this_machine(self) -> bool:
        return self.reach == "here"

    @property
    def is_cloud(self) -> bool:
        """Tell if requests go to a computer that is not the owner's."""
        return self.reach == "cloud"

    @property
    def name(self) -> str:
        """The host as people write it: with its port, and a warning scheme."""
        scheme, _, name = self.origin.partition("://")
        return self.origin if self.is_cloud and scheme == "http" else name

    @property
    def described(self) -> str:
        """The host, and where it is."""
        return f"{self.name} ({PLACES[self.reach]})"


def parse(
    url: str, own_hosts: Collection[str] = (), setting: str = "openai.base_url"
) -> Address:
    """Parse a `base_url`; the address's path ends in a slash.

    Args:
        own_hosts: Hosts that the owner marked as theirs, each with a port or for all.
        setting: The name of the setting that the address comes from.

    Raises:
        ConfigError: If it is not a web address, or would give secrets away.
    """
    hint = f"Set {setting} to an address like http://127.0.0.1:11434/v1/."
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
        number = parts.port
    except ValueError as error:
        raise ConfigError(f"{setting} is not an address: {error}.", hint) from error
    if parts.scheme not in _PORTS or not host:
        raise ConfigError(f"{setting} must start with http:// or https://.", hint)
    if len(url.split()) > 1:
        raise ConfigError(f"{setting} has a space in it.", hint)
    if not is_host(host) or number == 0:
        raise ConfigError(f"{setting}: {parts.netloc!r} is not a host.", hint)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"{setting} must be a plain address.", hint)
    is_usual = number in (None, _PORTS[parts.scheme])
    if host == OPENAI_HOST and not (parts.scheme == "https" and is_usual):
        raise ConfigError("OpenAI only accepts https.", hint)
    literal = f"[{host}]" if ":" in host else host
    port = f":{number}" if number else ""
    path = parts.path.rstrip("/") + "/"
    origin = f"{parts.scheme}://{literal}{'' if is_usual else port}"
    reach = _reach(host, f"{literal}:{number or _PORTS[parts.scheme]}", own_hosts)
    return Address(f"{parts.scheme}://{literal}{port}{path}", host, origin, reach)


def own_host(text: str) -> str:
    """Return a host that an owner marks as theirs, as `parse` compares it.

    Raises:
        ConfigError: If it is not a host, or cannot be anybody's own.
    """
    hint = "Write a host such as gpu.lan, 192.168.0.9 or gpu.lan:8000."
    literal = f"[{text}]" if text.count(":") > 1 and "[" not in text else text
    try:
        address = parse(f"http://{literal}/")
    except ConfigError as error:
        raise ConfigError(f"{text!r} is not a host.", hint) from error
    if address.url.split("/", 3)[3] or text.isdigit() or set(text) & set("/\\*%"):
        raise ConfigError(f"{text!r} is not a host.", hint)
    if address.is_openai:
        raise ConfigError(f"{OPENAI_HOST} is OpenAI's, not yours.", hint)
    return address.url.removeprefix("http://").rstrip("/")


def _reach(host: str, with_port: str, own_hosts: Collection[str]) -> Reach:
    if is_loopback(host):
        return "here"
    literal = f"[{host}]" if ":" in host else host
    is_own = host != OPENAI_HOST and not {literal, with_port}.isdisjoint(own_hosts)
    return "own" if is_own else "cloud"
