"""The waiting time before a dead child is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Pauses of 1 s, 4 s, 16 s and 60 s; then no more, unless it lived well."""

    first_seconds: float = 1.0
    factor: float = 4.0
    longest_seconds: float = 60.0
    healthy_seconds: float = 300.0
    """The lifetime after which a child starts afresh."""
    most_deaths: int = 5
    deaths: int = 0
    """Quick deaths in a row."""

    def after(self, lived_seconds: float) -> float | None:
        """Return the seconds to wait after a death, or None to give up."""
        if lived_seconds >= self.healthy_seconds:
            self.deaths = 0
        self.deaths += 1
        if self.deaths >= self.most_deaths:
            return None
        wait = self.first_seconds * self.factor ** (self.deaths - 1)
        return min(wait, self.longest_seconds)
