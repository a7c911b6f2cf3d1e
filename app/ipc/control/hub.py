"""Requests about the models that a hub on the internet has."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.control.models import ModelEntry
from app.ipc.wire import Request


@dataclass(frozen=True)
class HubReply:
    """The host that a search asks; it was not asked."""

    host: str


@dataclass(frozen=True)
class Hub(Request[HubReply]):
    """Tell which host a search would ask, before words go there."""

    method: ClassVar[str] = "hub"
    only_reads: ClassVar[bool] = True


@dataclass(frozen=True)
class HubRepository:
    """One repository of the hub with models in it."""

    name: str
    """OWNER/REPOSITORY."""
    licence: str
    """As the hub has it; empty while unknown."""
    downloads: int
    """In the last 30 days."""
    parameters: int
    """0 while unknown."""
    is_gated: bool
    """True if only accounts that its owner lets in get it."""


@dataclass(frozen=True)
class HubSearchReply:
    """The repositories found, the most fetched first."""

    host: str
    repositories: list[HubRepository]
    left_out: int = 0
    """Those with a name that cannot be an address."""


@dataclass(frozen=True)
class HubSearch(Request[HubSearchReply]):
    """Ask the hub for models; the words leave this computer."""

    method: ClassVar[str] = "hub_search"
    words: str


@dataclass(frozen=True)
class HubFile:
    """One file that can be fetched, and the outlook for it here."""

    address: str
    """The name by which `ModelPull` fetches it."""
    quantisation: str
    """As the file's name tells it; may be empty."""
    model: ModelEntry
    """Its memory is about right for the context that is set."""


@dataclass(frozen=True)
class HubFilesReply:
    """The files of a repository, the smallest first."""

    host: str
    repository: HubRepository
    files: list[HubFile]
    context: int
    """The tokens of context for which memory and time are estimated."""
    best: str = ""
    """The address of the best one here; empty while nothing was measured."""
    without_best: str = ""
    """Says why none is the best, once something was measured."""
    parts: int = 0
    """Files left out because a model is in several of them."""
    projectors: int = 0
    others: int = 0


@dataclass(frozen=True)
class HubFiles(Request[HubFilesReply]):
    """Ask the hub for the files of a repository."""

    method: ClassVar[str] = "hub_files"
    repository: str


HUB_REQUESTS = (
    Hub,
    HubSearch,
    HubFiles,
)
