"""Prices of cloud models, from a file that the owner may edit."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import ConfigError

SHIPPED = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    """A price in US dollars per million tokens."""

    input: float
    cached: float
    output: float
    training: float = 0.0
    """The price of tuning tokens; 0 if the model cannot be tuned."""

    def cost(self, prompt: int, cached: int, completion: int) -> float:
        """Return US dollars; `cached` of `prompt` tokens came from the host's cache."""
        cached = min(max(cached, 0), max(prompt, 0))
        fresh = max(prompt, 0) - cached
        dollars = fresh * self.input + cached * self.cached + completion * self.output
        return dollars / 1_000_000


@dataclass(frozen=True)
class Prices:
    """The prices of one file, with their date."""

    date: str
    models: dict[str, Price]

    def of(self, model: str) -> Price:
        """Return the price of the longest name that `model` begins with.

        An unknown model costs as much as the dearest one, so that no budget is overrun.
        """
        known = [name for name in self.models if model.startswith(name)]
        if known:
            return self.models[max(known, key=len)]
        return Price(
            max((price.input for price in self.models.values()), default=0.0),
            max((price.cached for price in self.models.values()), default=0.0),
            max((price.output for price in self.models.values()), default=0.0),
        )

    def knows(self, model: str) -> bool:
        """Return whether the file has a price for the model."""
        return any(model.startswith(name) for name in self.models)


_BROKEN = (
    OSError, AttributeError, KeyError, TypeError, ValueError, OverflowError,
    RecursionError,
)  # fmt: skip
"""The errors of a file that is not TOML, or has other things than prices."""


def _dollars(cost: float) -> float:
    """Return a price as a number; one below nothing, or none, would pass any budget."""
    price = float(cost)
    if isinstance(cost, bool | str) or not 0 <= price < math.inf:
        raise ValueError(f"a price is {cost}")
    return price


def load(owners: Path | None = None) -> Prices:
    """Load the owner's file, or else the one shipped with the program.

    Raises:
        ConfigError: If the owner's file is broken.
    """
    path = owners if owners and owners.is_file() else SHIPPED
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        models = {
            name: Price(**{part: _dollars(cost) for part, cost in costs.items()})
            for name, costs in tree["models"].items()
        }
        if not models:
            # Every model would cost nothing, and pass any budget.
            raise ValueError("it has no prices")
        return Prices(str(tree["date"]), models)
    except _BROKEN as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.", f"{SHIPPED} shows the format."
        ) from error
