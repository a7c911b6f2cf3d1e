"""The address of a home's database on PostgreSQL, and where a home's database is."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from app.core import secrets
from app.core.errors import AppError, ConfigError
from app.core.loopback import is_host, is_loopback
from app.core.paths import Home

SETTING = "store.url"
PASSWORD = "store_password"
"""The name of the secret."""

EXAMPLE = "Write it like postgresql://mynah@localhost/mynah."

OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")
"""The words that an address may have after `?`, as PostgreSQL's programs know them."""

TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_SAID = re.compile(
    r"""^[ \t]*(?:store[ \t]*\.[ \t]*)?url[ \t]*=[ \t]*['"]postgres""", re.MULTILINE
)
"""A line of settings with an address, in a file that cannot be read as a whole."""


class UnreachableError(AppError):
    """Nobody answers at the address of the database."""


class TakenError(AppError):
    """Another Mynah, of another home, uses the database, or shards of it."""

    def __init__(self, place: object, shards: str = "") -> None:
        """Tell what another one has, if it is not all of it."""
        if shards:
            super().__init__(
                f"Another Mynah uses {shards} in the database at {place}.",
                "Stop that one first, or let each use its own shards of one number.",
            )
        else:
            super().__init__(
                f"Another Mynah uses the database at {place}.",
                "Stop that one first: one at a time uses a database, or each uses"
                " shards of its own.",
            )


@dataclass(frozen=True)
class StoreAddress:
    """A database of PostgreSQL. As text it has no password."""

    host: str
    """A name, a number, or the folder of a socket."""
    database: str
    port: int | None = None
    user: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)
    """None leaves it to PostgreSQL's own file of passwords."""
    home: Path = Path()
    """The folder of the home whose database it is."""

    def __str__(self) -> str:
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        is_socket = self.host.startswith("/")
        host = "" if is_socket else self.host
        host = f"[{host}]" if ":" in host else host
        port = f":{self.port}" if self.port else ""
        said = {"host": self.host} if is_socket else {}
        options = urlencode({**said, **self.options}, safe="/")
        place = f"{user}{host}{port}/{quote(self.database, safe='')}"
        return f"postgresql://{place}{'?' if options else ''}{options}"

    @property
    def is_local(self) -> bool:
        """True if nothing leaves this computer on the way there."""
        return self.host.startswith("/") or is_loopback(self.host)

    def parameters(self) -> dict[str, object]:
        """Return the words of PostgreSQL's library for the connection.

        Words go through a network in TLS, unless the owner wrote another `sslmode`.
        """
        given = {
            "host": self.host,
            "port": self.port,
            "user": self.user or None,
            "password": self.password,
            "connect_timeout": 10,
            "sslmode": "prefer" if self.is_local else "require",
            **self.options,
        }
        return {name: value for name, value in given.items() if value is not None}


def parse(text: str) -> StoreAddress:
    """Read an address that has no password in it.

    Raises:
        ConfigError: If it is none; tells nothing of a password.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{SETTING} is not an address.", EXAMPLE) from error
    if parts.scheme not in ("postgresql", "postgres"):
        raise ConfigError(f"{SETTING} does not begin with postgresql://.", EXAMPLE)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    if parts.password is not None or {"password", "passfile"} & options.keys():
        raise ConfigError(
            f"{SETTING} has a password in it, which others could read there.",
            f"Leave it out, and run `mynah config set {PASSWORD}`.",
        )
    host = _host(parts, options)
    if unknown := sorted(options.keys() - {*OPTIONS}):
        raise ConfigError(
            f"{SETTING} has an option that Mynah does not take: {unknown[0]!r}.",
            f"It takes {', '.join(OPTIONS)}.",
        )
    if options.get("sslmode", "prefer") not in TLS_MODES:
        raise ConfigError(
            f"{SETTING} has an unknown sslmode.",
            f"It is one of {', '.join(TLS_MODES)}.",
        )
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database or parts.fragment:
        raise ConfigError(f"{SETTING} does not name one database.", EXAMPLE)
    user = unquote(parts.username or "")
    address = StoreAddress(host, database, port, user, options)
    if not unquote(str(address)).isprintable():
        raise ConfigError(f"{SETTING} has signs that cannot be shown.", EXAMPLE)
    return address


def _host(parts: SplitResult, options: dict[str, str]) -> str:
    """Return the host; the folder of a socket is taken out of the options."""
    folder = options.pop("host", "")
    host = parts.hostname or ""
    if not host and folder.startswith("/"):
        return folder
    if folder or not is_host(host):
        raise ConfigError(f"{SETTING} does not name one host.", EXAMPLE)
    return host


def place_of(home: Home) -> Path | StoreAddress:
    """Return where a home's database is: its file, unless `store.url` names another.

    Raises:
        ConfigError: If the settings name a place in words that cannot be read. Nothing
            may be written anywhere else then.
    """
    url = _url(home.config_file)
    if not url:
        return home.database
    password = secrets.get(home, PASSWORD)
    return replace(parse(url), password=password, home=home.root)


def has_database(home: Home) -> bool:
    """Tell if a home has a database already; one on a server counts as there."""
    place = place_of(home)
    return not isinstance(place, Path) or place.exists()


def _url(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        # Whoever reads the settings themselves tells what is wrong.
        return ""
    try:
        url = tomllib.loads(text).get("store", {}).get("url", "")
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        if _SAID.search(text):
            raise ConfigError(
                f"{path} cannot be read, and it names the database.", "Correct it."
            ) from error
        return ""
    return url if isinstance(url, str) else ""
