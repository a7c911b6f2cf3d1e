"""Fused decoding in the engine of a host, whose plug-in asks for token after token.

The engine has the model, and the bot's home has the voices: both are on one computer,
or share that folder. What a request brings is `FusedByHost`; nobody can name a path.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
import orjson

from app.core.files import write_text
from app.core.paths import Home
from app.ipc.inference import PICTURE, FusedByHost, Generate
from app.ipc.wire import WireError, build
from app.modelfiles import vocabularies
from app.runner.engine.host_tokens import HostTokens
from app.runner.open_voices import OpenVoices
from app.runner.sampler import Chooser
from app.runner.token_table import Logits, TokenTable
from app.voice.tokens import TokenVoice

log = logging.getLogger(__name__)

LEAST_LOGIT = np.float32(-1e4)
"""Stands for the minus infinity of tokens that an engine rules out."""


class EngineVoices:
    """The voices beside one engine, in the tokens of its model."""

    def __init__(self, home: Home, tokenizer: str, ends: Collection[int]) -> None:
        """Read the model's tokenizer.

        Args:
            tokenizer: The text of its `tokenizer.json`.
            ends: The tokens that end the model's turn; at least one.
        """
        self._home = home
        self._tokenizer = tokenizer
        self._table = HostTokens(tokenizer, ends)
        self._vocabulary = vocabularies.host_name(tokenizer)
        self._voices = OpenVoices(self._table)
        self._hidden: WeakKeyDictionary[TokenVoice, set[int]] = WeakKeyDictionary()
        """The messages that each voice lacks already."""
        self._told: set[str] = set()

    def publish(self, models: Iterable[str]) -> None:
        """Put the tokenizer where the bot looks for it, by each name of the model."""
        for model in models:
            path = self._home.host_tokenizer(model)
            path.parent.mkdir(exist_ok=True)
            if not path.exists() or path.read_text("utf-8") != self._tokenizer:
                write_text(path, self._tokenizer)

    def begin(self, words: object) -> "EngineLine | None":
        """Return the line that a request wants; None leaves it to the model alone.

        Args:
            words: A `FusedByHost` as JSON.
        """
        try:
            wanted = build(FusedByHost, orjson.loads(str(words)))
            path = self._home.token_voice(wanted.guild, self._vocabulary)
            voice = self._voices.get(str(path))
        except (WireError, ValueError, OSError) as error:
            self._tell_once(f"a reply is written without the voice: {error}")
            return None
        if voice is None:
            return None
        hidden = self._hidden.setdefault(voice, set())
        if gone := set(wanted.gone) - hidden:
            voice.forget(gone)
            hidden |= gone
        return EngineLine(self._table, wanted.request, voice)

    def _tell_once(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            log.warning("%s", words)


class EngineLine:
    """One reply while an engine writes it."""

    def __init__(self, table: TokenTable, request: Generate, voice: TokenVoice) -> None:
        # The engine has the conversation in its model's template.
        told = replace(request, marked=request.marked or [request.prompt])
        prompt = table.tokens(request.prompt.replace(PICTURE, ""))
        # Each part of a divided engine must draw the same.
        rng = np.random.default_rng(max(request.seed, 0))
        self._table = table
        self._chooser = Chooser(table, told, voice, prompt or table.tokens("\n"), rng)
        self._ends = {*table.end_tokens.tolist(), *table.line_tokens.tolist()}
        self._written: list[int] = []

    def choose(self, logits: Logits, output: Sequence[int]) -> int:
        """Choose the next token; the end of a line is the end of the turn.

        Args:
            logits: The model's, for each of its tokens at least; not changed.
            output: The tokens of the reply so far. The engine may have thrown the last
                choice away, or have written some before it paused the reply.
        """
        written = self._written
        if not output:
            self._chooser.begin_line()
        del written[len(output) :]
        written += output[len(written) :]
        known = np.maximum(logits[: self._table.vocabulary], LEAST_LOGIT)
        may_end = any(self._table.piece(token).strip() for token in written)
        token = self._chooser.choose(known, written, may_end=may_end)
        written.append(token)
        return int(self._table.end_tokens[0]) if token in self._ends else token
