"""The record of one request that left for a provider, whatever its outcome."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.names import GuildId


@dataclass(frozen=True)
class Spent:
    """Tokens, money and bytes of one request."""

    provider: str
    model: str
    guild: GuildId
    reply: int | None
    host: str
    bytes_sent: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float
    """US dollars."""
    reach: str = "cloud"
    """Its place: here, own or cloud."""
    is_estimate: bool = False
    """The host did not say, or not credibly, and the tokens were counted here."""


OnSpent = Callable[[Spent], None]


@dataclass(frozen=True)
class Tokens:
    """Tokens of one request."""

    prompt: int
    cached: int
    completion: int

    def is_like(self, counted: "Tokens") -> bool:
        """Return whether these reported figures are plausible next to those here."""
        if min(self.prompt, self.cached, self.completion) < 0:
            return False
        if self.cached > self.prompt:
            return False
        return _near(self.prompt, counted.prompt) and _near(
            self.completion, counted.completion
        )


def _near(reported: int, counted: int) -> bool:
    """Tokenizers differ and reasoning is hidden, but nobody is off tenfold."""
    return counted / 4 - 16 <= reported <= counted * 10 + 2000
