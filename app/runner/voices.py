"""The token voices that a runner has open."""

from collections.abc import Iterable
from pathlib import Path

from app.runner.llama import Model
from app.runner.wording import message_tokens
from app.voice.tokens import TokenVoice


class Voices:
    """Opens a guild's token voice when it is first asked for, and keeps it."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._open: dict[Path, TokenVoice] = {}

    def get(self, directory: str | None) -> TokenVoice | None:
        """The voice kept in a directory; None without one."""
        if directory is None:
            return None
        path = Path(directory)
        if path not in self._open:
            self._open[path] = TokenVoice.open(path)
        return self._open[path]

    def learn(self, directory: str, messages: Iterable[tuple[int, str]]) -> None:
        """Add messages, by row id, to a voice."""
        if voice := self.get(directory):
            for message, text in messages:
                voice.learn(message, message_tokens(self._model, text))

    def forget(self, directory: str, messages: Iterable[int]) -> int:
        """Take messages out of a voice; how many were in it."""
        voice = self.get(directory)
        return voice.forget(messages) if voice else 0
