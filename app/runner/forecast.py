"""Tells how long the model still works on a reply, from what it did lately."""

from app.runner.generation import Generation
from app.runner.throughput import DecodeCall, Speeds

USUAL_TOKENS = 16.0
"""The tokens of a reply, until some were written."""

NEWEST = 0.1
"""The weight of the newest measurement."""

LEAST_PACE, MOST_PACE = 0.25, 20.0


class Forecast:
    """Estimates work; several replies at once take as long as one after another."""

    def __init__(self) -> None:
        self.speeds = Speeds()
        self._usual = USUAL_TOKENS
        self._pace = 1.0
        """The time that work takes now, relative to what the speeds say."""

    def seconds(self, job: Generation) -> float:
        """Return the time for the rest of a job by itself; 0 before any measurement."""
        left = min(self._usual, job.request.max_tokens) - len(job.written)
        return self._pace * self._expected(job.to_read, max(left, 1.0))

    def note_call(self, call: DecodeCall) -> None:
        """Note one decode call."""
        self.speeds.note(call)
        expected = self._expected(call.read, call.written)
        if expected:
            pace = min(max(call.seconds / expected, LEAST_PACE), MOST_PACE)
            self._pace += NEWEST * (pace - self._pace)

    def note_length(self, tokens: int) -> None:
        """Note the length of a text that ended by itself."""
        self._usual += NEWEST * (tokens - self._usual)

    def _expected(self, read: float, written: float) -> float:
        prompt, decode = self.speeds.prompt, self.speeds.decode
        return read / prompt + written / decode if prompt and decode else 0.0
