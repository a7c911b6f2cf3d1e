"""The token voices that a runner has open."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.runner.message_tokens import message_tokens
from app.runner.token_table import TokenTable
from app.voice.files import VoiceFileError
from app.voice.tokens import NAME, TokenVoice

log = logging.getLogger(__name__)


class OpenVoices:
    """Opens a token voice on first use, and again after it was rebuilt."""

    def __init__(self, model: TokenTable) -> None:
        self._model = model
        self._open: dict[Path, tuple[int, TokenVoice]] = {}
        self._forgotten: dict[Path, set[int]] = {}
        """Messages forgotten since the start, which files may still hold."""
        self._refused: dict[Path, str] = {}
        """Voices that cannot be used, with the reason that was logged."""

    def get(self, directory: str | None) -> TokenVoice | None:
        """Return the voice in a directory; None when there is no usable one."""
        if directory is None:
            return None
        path = Path(directory)
        try:
            version = (path / f"{NAME}.json").stat().st_mtime_ns
            known = self._open.get(path)
            if known is None or known[0] != version:
                known = self._open[path] = (version, self._read(path))
        except (FileNotFoundError, VoiceFileError) as error:
            # A mapped file can't be removed on Windows.
            self._open.pop(path, None)
            if self._refused.get(path) != str(error):
                log.warning("a voice cannot be used: %s", error)
            self._refused[path] = str(error)
            return None
        self._refused.pop(path, None)
        return known[1]

    def learn(self, directory: str, messages: Iterable[tuple[int, str, int]]) -> None:
        """Add messages (row id, text, channel) to a voice."""
        if voice := self.get(directory):
            for message, text, channel in messages:
                voice.learn(message, message_tokens(self._model, text), channel)
                self._forgotten.get(Path(directory), set()).discard(message)

    def forget(self, directory: str, messages: Iterable[int]) -> int:
        """Take messages out of a voice; return how many it had."""
        gone = list(messages)
        voice = self.get(directory)
        self._forgotten.setdefault(Path(directory), set()).update(gone)
        return voice.forget(gone) if voice else 0

    def weigh(self, directory: str, weights: Mapping[int, float]) -> None:
        """Draw more rarely from messages, by weight, than from others."""
        if voice := self.get(directory):
            voice.weigh(weights)

    def _read(self, path: Path) -> TokenVoice:
        voice = TokenVoice.open(path)
        if voice.vocabulary != self._model.vocabulary:
            raise VoiceFileError(f"{path} belongs to another model")
        voice.forget(self._forgotten.get(path, ()))
        return voice
