"""Asks a hub which models it has; only the owner's words and choices go there."""

import dataclasses
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.core.errors import AppError, UsageError
from app.core.proxy import Proxy
from app.modelfiles import catalogue, gguf_header
from app.modelfiles.catalogue import CatalogueEntry
from app.modelfiles.download import GATED, SILENT_SECONDS, connect_hub

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

HUB = "https://huggingface.co"

MOST_REPOSITORIES = 40
MOST_FILES = 200
MOST_WORDS = 200
"""The most characters of a search."""

COPIED_SHARE = 0.3
"""The share of the weights that llama.cpp copies into another order, about."""

_QUANTISATION = re.compile(
    r"(?<![a-z0-9])((?:i?q|tq)[1-8]\w*|(?:b?f|fp)(?:16|32)|mxfp4\w*)", re.I | re.ASCII
)
_LICENCE = "license:"
_NO_MODEL = ("imatrix", "ggml-vocab")
"""Parts of the names of GGUF files that hold no weights."""


class HubError(AppError):
    """The hub could not say what it has."""


@dataclasses.dataclass(frozen=True)
class FoundRepository:
    """One repository of a hub with models in it."""

    name: str
    licence: str
    downloads: int
    """In the last 30 days."""
    parameters: int
    """0 if the hub does not know it."""
    is_gated: bool
    """True if its owner asks who wants it."""


@dataclasses.dataclass(frozen=True)
class FoundFiles:
    """The files of one repository that can be fetched."""

    repository: FoundRepository
    files: Sequence[CatalogueEntry]
    """The smallest first."""
    parts: int
    """Files left out because they are one of several of a model."""
    projectors: int
    others: int
    """Files left out because they are no model, or have no usable name."""


def endpoint() -> str:
    """Return the address of the hub."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def host() -> str:
    """Return the host that is asked, without a login that its address may hold."""
    return urlsplit(endpoint()).netloc.rpartition("@")[2]


def search(words: str, proxy: Proxy | None) -> tuple[list[FoundRepository], int]:
    """Return the repositories with GGUF files, by downloads, and how many are left out.

    Blocking.

    Raises:
        UsageError: If there is nothing to look for.
        HubError: If the hub does not answer, or makes no sense.
    """
    words = " ".join(words.split())
    if not words:
        raise UsageError("Type words to search for.", "A model's name does, as qwen.")
    if len(words) > MOST_WORDS:
        raise UsageError("That is too long for a search.", "Type a model's name.")
    connect_hub(proxy)
    with _asking(words):
        from huggingface_hub.hf_api import HfApi

        found = [
            _repository(one)
            for one in HfApi(endpoint()).list_models(
                search=words,
                filter="gguf",
                sort="downloads",
                limit=MOST_REPOSITORIES,
                expand=["downloads", "gated", "gguf", "private", "tags"],
            )
        ]
    listed = [one for one in found if catalogue.is_repository(one.name)]
    return listed, len(found) - len(listed)


def files(repository: str, proxy: Proxy | None) -> FoundFiles:
    """Return the files of a repository that can be fetched. Blocking.

    Raises:
        UsageError: If the name is that of no repository.
        HubError: If the hub does not answer, makes no sense, or does not have it.
    """
    if not catalogue.is_repository(repository):
        raise UsageError(
            f"{repository!r} does not name a repository.", "Write it as OWNER/NAME."
        )
    connect_hub(proxy)
    with _asking(repository):
        from huggingface_hub.hf_api import HfApi

        told = HfApi(endpoint()).model_info(repository, files_metadata=True)
        return _sorted_out(
            dataclasses.replace(_repository(told), name=repository), told
        )


def about_bytes(size: int, parameters: int, context: int) -> int:
    """The memory that a model needs, about, of which only the size is known.

    The memory of a token grows like the root of the parameters: it takes 23 kB in a
    model of 135 million, and 147 kB in one of four billion.
    """
    context_bytes = 2 * math.sqrt(parameters or size) * context
    return int(size * (1 + COPIED_SHARE) + context_bytes + gguf_header.FIXED_BYTES)


def quantisation(file: str) -> str:
    """Return the format of the weights as the file's name tells it, or nothing."""
    found = _QUANTISATION.findall(file.rpartition("/")[2].removesuffix(".gguf"))
    return found[-1].upper() if found else ""


def _repository(told: "ModelInfo") -> FoundRepository:
    tags = told.tags if isinstance(told.tags, list) else []
    named = (one for one in tags if isinstance(one, str) and one.startswith(_LICENCE))
    return FoundRepository(
        str(told.id),
        next(named, "").removeprefix(_LICENCE),
        _whole(told.downloads),
        _whole(told.gguf.get("total")) if isinstance(told.gguf, dict) else 0,
        bool(told.gated or told.private),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 0 < value < 2**53 else 0


def _sorted_out(repository: FoundRepository, told: "ModelInfo") -> FoundFiles:
    """Keep the files that are whole models; count the others."""
    named = [one for one in told.siblings or [] if str(one.rfilename).endswith(".gguf")]
    eyes = [one for one in named if catalogue.PROJECTOR in one.rfilename.lower()]
    parts = [one for one in named if catalogue.is_part(one.rfilename)]
    rest = [one for one in named if one not in eyes and one not in parts]
    found = [entry for one in rest if (entry := _entry(repository, told.sha, one))]
    found = sorted(found, key=lambda one: (one.bytes, one.file))[:MOST_FILES]
    return FoundFiles(repository, found, len(parts), len(eyes), len(rest) - len(found))


def _entry(
    repository: FoundRepository, revision: str | None, file: "RepoSibling"
) -> CatalogueEntry | None:
    """Return what fetches a file; None if it is no model or has no usable name."""
    size = _whole(file.lfs.size if file.lfs else file.size)
    if not size or any(one in file.rfilename.lower() for one in _NO_MODEL):
        return None
    place = f"{repository.name}@{revision}" if revision else repository.name
    try:
        entry = catalogue.find(f"hub:{place}/{file.rfilename}")
    except UsageError:
        return None
    return dataclasses.replace(entry, bytes=size, licence=repository.licence)


@contextmanager
def _asking(about: str) -> Iterator[None]:
    """Turn all errors on the way to the hub into one line each, with what to do."""
    from httpx import HTTPError, InvalidURL, TimeoutException
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        raise _refused(about, error) from error
    except TimeoutException as error:
        raise HubError(
            f"{host()} was silent for {SILENT_SECONDS:.0f} s.", "Search again later."
        ) from error
    except (HTTPError, InvalidURL, OSError) as error:
        reason = str(error).strip() or type(error).__name__
        raise HubError(
            f"{host()} cannot be reached: {reason}.",
            "Check the connection, the proxy (openai.proxy) and HF_ENDPOINT.",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HubError(
            f"{host()} answers, but not as a hub of models does.",
            "Check HF_ENDPOINT, or search again later.",
        ) from error


def _refused(about: str, error: "HfHubHTTPError") -> HubError:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return HubError(f"{host()} does not show {about} to everyone.", GATED)
    if isinstance(error, RepositoryNotFoundError):
        return HubError(
            f"{host()} has no {about}, or it is private.", "Search for its name."
        )
    status = error.response.status_code
    if status == 429:
        return HubError(f"{host()} was asked too often.", _later(error))
    return HubError(f"{host()} refuses the search (status {status}).", "Try later.")


def _later(error: "HfHubHTTPError") -> str:
    """Tell when a hub that counts requests takes the next one."""
    from huggingface_hub.utils._http import parse_ratelimit_headers

    told = parse_ratelimit_headers(error.response.headers)
    after = error.response.headers.get("Retry-After", "")
    seconds = told.reset_in_seconds if told else int(after) if after.isdecimal() else 0
    return f"Search again in {seconds} s." if seconds else "Search again later."
