"""Tells how long a reply takes with each model on this computer, and which is best."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.core.paths import Home
from app.modelfiles import catalogue
from app.modelfiles.catalogue import CatalogueEntry
from app.providers.base import Speed
from app.providers.local.provider import LocalProvider

GOOD_SECONDS = 6.0
"""The answer time up to which a model is recommended."""


@dataclass(frozen=True)
class Outlook:
    """The estimated time of a reply by model, and the catalogue's best model."""

    seconds: Mapping[str, float]
    """Without those of which nothing is known yet."""
    best: str
    """The name; empty while nothing was measured."""


def outlook(home: Home, local: LocalProvider) -> Outlook:
    """Estimate all models of the catalogue, and the one in use."""
    known = _measured(home, local)
    if not known:
        return Outlook({}, "")
    # A model near in size tells most, since each token reads all of the weights.
    seconds = {name: speed.answer_seconds for name, (_, speed) in known.items()}
    listed = [one for one in catalogue.entries().values() if one.kind == "llm"]
    for entry in listed:
        if entry.name not in seconds:
            size, speed = min(known.values(), key=lambda one: abs(one[0] - entry.bytes))
            seconds[entry.name] = speed.answer_seconds * entry.bytes / size
    return Outlook(seconds, _best(listed, seconds))


def fits(entry: CatalogueEntry) -> bool:
    """Return whether this computer has the memory for a model."""
    return entry.ram_gigabytes <= memory_gigabytes()


def memory_gigabytes() -> float:
    """Return the memory of this computer."""
    return psutil.virtual_memory().total / 1e9


def _measured(home: Home, local: LocalProvider) -> dict[str, tuple[int, Speed]]:
    """Return size and speed of every model that was measured here and still is."""
    found = {}
    for name in {*catalogue.entries(), *catalogue.own(home), local.model}:
        path: Path | None = catalogue.locate(home, name)
        if path and (speed := local.measured(name)):
            found[name] = (path.stat().st_size, speed)
    return found


def _best(listed: list[CatalogueEntry], seconds: Mapping[str, float]) -> str:
    """Return the largest model that fits and answers soon, else the smallest one."""
    good = [
        one for one in listed if fits(one) and seconds[one.name] <= GOOD_SECONDS
    ] or [min(listed, key=lambda one: one.bytes)]
    return max(good, key=lambda one: one.bytes).name
