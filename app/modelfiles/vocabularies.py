"""Names of vocabularies: token voices of one name fit models of one vocabulary."""

import hashlib
from functools import lru_cache
from pathlib import Path

from app.modelfiles import gguf_header

HOST = "host-"
"""The start of the names of vocabularies that only hosts' models have."""


def name_of(path: Path) -> str:
    """Return the name of a model's vocabulary.

    Args:
        path: A GGUF file, or the tokenizer of a host's model.

    Raises:
        AppError: If the GGUF file cannot be read.
        OSError: If the tokenizer is not there.
    """
    if is_tokenizer(path):
        return _cached_name(path, path.stat().st_mtime_ns)
    return gguf_header.cached(path).vocabulary


def is_tokenizer(path: Path) -> bool:
    """Tell if a file is the tokenizer of a host's model, and no GGUF file."""
    return path.suffix == ".json"


def host_name(words: str) -> str:
    """Return the name of the vocabulary that a tokenizer's text describes."""
    return HOST + hashlib.sha256(words.encode()).hexdigest()[:24]


@lru_cache(64)
def _cached_name(path: Path, written: int) -> str:
    return host_name(path.read_text("utf-8"))
