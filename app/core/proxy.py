"""Proxies between this computer and the internet, as the owner sets them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from app.core import secrets
from app.core.errors import AppError, ConfigError
from app.core.loopback import is_host
from app.core.paths import Home
from app.core.secrets import SecretName

HINT = "Write it like http://proxy.lan:3128."


@dataclass(frozen=True)
class Proxy:
    """The address of a proxy, and the login that it asks for."""

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password; neither is ever shown or logged."""


def check(name: str, text: str) -> str:
    """Return the address of a proxy, or nothing for none; `name` is the setting.

    Raises:
        ConfigError: If it is not one, or has a login in it.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise ConfigError(f"{name} is not an address: {error}.", HINT) from error
    if "@" in parts.netloc:
        raise ConfigError(
            f"{name} takes no login, which others could read there.",
            "Keep the login as a secret; `mynah help always-on` says how.",
        )
    if parts.scheme not in ("http", "https") or not is_whole:
        raise ConfigError(f"{name} must start with http:// or https://.", HINT)
    if not is_host(parts.hostname or ""):
        raise ConfigError(f"{name}: {parts.hostname!r} is not a host.", HINT)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigError(f"{name} must be a plain address.", HINT)
    return f"{parts.scheme}://{parts.netloc}"


def proxy_of(home: Home, url: str, name: SecretName) -> Proxy | None:
    """Return the proxy with its stored login, `NAME:PASSWORD`; it may block."""
    if not url:
        return None
    user, colon, password = (secrets.get(home, name) or "").partition(":")
    return Proxy(url, (user, password) if colon else None)


@contextmanager
def explained(kind: type[AppError]) -> Iterator[None]:
    """Explain why a client cannot be made with the proxies of the environment.

    Raises:
        AppError: Of that kind, if one of them speaks no HTTP.
    """
    try:
        yield
    except (ImportError, ValueError) as error:
        raise kind(
            "The environment names a proxy that Mynah cannot use.",
            "Set ALL_PROXY and HTTPS_PROXY to an address that begins with http://, or"
            " unset them.",
        ) from error


def for_aiohttp(proxy: Proxy | None) -> str | None:
    """Return a proxy for aiohttp, and so for py-cord, which takes the login out first.

    Nothing else may see it.
    """
    return with_login(proxy) if proxy else None


def with_login(proxy: Proxy) -> str:
    """Return the address of a proxy with its login in it, if it has one."""
    if proxy.login is None:
        return proxy.url
    scheme, _, place = proxy.url.partition("://")
    user, password = (quote(one, safe="") for one in proxy.login)
    return f"{scheme}://{user}:{password}@{place}"
