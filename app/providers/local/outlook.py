"""Tells how long a reply takes with each model on this computer, and which is best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from app.core.paths import Home
from app.modelfiles import catalogue
from app.modelfiles.catalogue import CatalogueEntry
from app.providers.base import Speed
from app.providers.local.provider import LocalProvider

GOOD_SECONDS = 6.0
"""The answer time up to which a model is recommended."""

NONE_IS_GOOD = f"None of them fits here and answers within {GOOD_SECONDS:.0f} s."


@dataclass(frozen=True)
class Outlook:
    """The estimated time of a reply by model, and the catalogue's best model."""

    seconds: Mapping[str, float]
    """Without those of which nothing is known yet."""
    best: str
    """The name; empty while nothing was measured, or if none is good."""
    measured: Sequence[tuple[int, float]] = ()
    """Size of the file and time of a reply, of each that was measured here."""

    def estimate(self, size: int) -> float | None:
        """Return the time of a reply with a file of that size, if it can be told."""
        if not self.measured:
            return None
        # A model near in size tells most, since each token reads all of the weights.
        known, seconds = min(self.measured, key=lambda one: abs(one[0] - size))
        return seconds * size / known

    def without_best(self, best: str) -> str:
        """Say why there is no best one; empty if there is, or nothing was measured."""
        return NONE_IS_GOOD if self.measured and not best else ""


def outlook(home: Home, local: LocalProvider) -> Outlook:
    """Estimate all models of the catalogue, and the one in use."""
    known = _measured(home, local)
    if not known:
        return Outlook({}, "")
    seconds = {name: speed.answer_seconds for name, (_, speed) in known.items()}
    measured = [(size, speed.answer_seconds) for size, speed in known.values()]
    view = Outlook(seconds, "", measured)
    listed = [one for one in catalogue.entries().values() if one.kind == "llm"]
    for entry in listed:
        if entry.name not in seconds:
            seconds[entry.name] = view.estimate(entry.bytes) or 0.0
    return replace(view, best=best_of(listed, seconds))


def fits(entry: CatalogueEntry) -> bool:
    """Return whether this computer has the memory for a model."""
    return entry.ram_gigabytes <= memory_gigabytes()


def best_of(listed: Sequence[CatalogueEntry], seconds: Mapping[str, float]) -> str:
    """Return the largest model that fits and answers soon; empty if none does.

    Those that see write worse than others of their size, so an owner chooses them.
    """
    listed = [one for one in listed if not catalogue.parts_of(one.name)]
    good = [one for one in listed if fits(one) and seconds[one.name] <= GOOD_SECONDS]
    return max(good, key=lambda one: one.bytes).name if good else ""


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
