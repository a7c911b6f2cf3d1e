"""Requests about model hosts."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class HostEntry:
    """One host, as the settings describe it."""

    name: str = ""
    address: str = ""
    host: str = ""
    reach: str = "cloud"
    """here, own or cloud."""
    model: str = ""
    key_name: str = ""
    has_key: bool = False
    needs_key: bool = False
    price: str = ""
    """The price in words."""
    servers: list[str] = field(default_factory=list)
    """The servers whose replies come from it; * for all."""
    trouble: str = ""
    """A standing problem, with its remedy; empty without one."""
    fusing: str = ""
    """The answer to whether the voice writes along; empty if nobody wants that."""


@dataclass(frozen=True)
class HostsReply:
    """Every host, `openai` first."""

    hosts: list[HostEntry] = field(default_factory=list)


@dataclass(frozen=True)
class Hosts(Request[HostsReply]):
    """List the hosts; none is contacted."""

    method: ClassVar[str] = "hosts"
    only_reads: ClassVar[bool] = True


@dataclass(frozen=True)
class HostAdd(Request[HostEntry]):
    """Add a host, or change it; a known name needs no address."""

    method: ClassVar[str] = "host_add"
    name: str
    address: str = ""
    model: str = ""
    """Empty takes the preset's, or the first that a computer of the owner's lists."""
    is_own: bool = False
    """It is another computer of the owner's."""
    agreed: bool = False
    """The owner knows what it means to call a computer their own."""


@dataclass(frozen=True)
class HostRemoved:
    """A host that is gone, with its key."""

    name: str = ""


@dataclass(frozen=True)
class HostRemove(Request[HostRemoved]):
    """Remove a host that no server uses."""

    method: ClassVar[str] = "host_remove"
    name: str


@dataclass(frozen=True)
class HostTestReply:
    """The outcome of asking a host for a word."""

    ok: bool = False
    detail: str = ""
    hint: str = ""
    seconds: float | None = None
    """To the first word."""


@dataclass(frozen=True)
class HostTest(Request[HostTestReply]):
    """Ask a host for a word, with nobody's words in the request."""

    method: ClassVar[str] = "host_test"
    name: str


@dataclass(frozen=True)
class FoundHost:
    """A host that answers on this computer."""

    name: str
    title: str
    address: str
    models: list[str] = field(default_factory=list)
    is_known: bool = False
    """The settings have it already."""


@dataclass(frozen=True)
class HostsFindReply:
    """The hosts that answer."""

    hosts: list[FoundHost] = field(default_factory=list)


@dataclass(frozen=True)
class HostsFind(Request[HostsFindReply]):
    """Knock at the usual ports of this computer."""

    method: ClassVar[str] = "hosts_find"


@dataclass(frozen=True)
class HostUseReply:
    """The places of the model from now on."""

    provider: str = ""


@dataclass(frozen=True)
class HostUse(Request[HostUseReply]):
    """Have a host write the replies of a server, or of all; or agree to it."""

    method: ClassVar[str] = "host_use"
    name: str
    guild: str | None = None
    agreed: bool = False
    """The owner knows what leaves the machine, and agreed."""


HOST_REQUESTS = (Hosts, HostAdd, HostRemove, HostTest, HostsFind, HostUse)
