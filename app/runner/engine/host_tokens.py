"""The tokens of a host's model, from the file of its tokenizer."""

import json
import re
from collections.abc import Collection
from functools import cached_property

import numpy as np
from tokenizers import Tokenizer

from app.runner.token_table import Tokens, TokenTable

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""A token that stands for one byte, in tokenizers with SentencePiece's alphabet."""

_BLANK = "▁"


def _byte_letters() -> dict[str, int]:
    """Return the letter of each byte in GPT-2's alphabet, which many models share."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + at): byte for at, byte in enumerate(others)}


class HostTokens(TokenTable):
    """A vocabulary in the form of Hugging Face's `tokenizer.json`."""

    def __init__(self, words: str, ends: Collection[int] = ()) -> None:
        """Read it.

        Args:
            words: The text of the file.
            ends: The tokens with which the model ends its turn.
        """
        super().__init__()
        self._tokenizer = Tokenizer.from_str(words)
        is_by_bytes = '"ByteLevel"' in json.dumps(json.loads(words).get("decoder"))
        # What people wrote must not become a mark of the template.
        self._tokenizer.encode_special_tokens = True
        self._letters = _byte_letters() if is_by_bytes else None
        self._added = self._tokenizer.get_added_tokens_decoder()
        self._ends = sorted(ends)
        self.vocabulary = self._tokenizer.get_vocab_size()

    def tokens(self, text: str) -> list[int]:
        encoded = self._tokenizer.encode(
            text.encode("utf-8", "replace").decode(), add_special_tokens=False
        )
        return list(encoded.ids)

    @cached_property
    def end_tokens(self) -> Tokens:
        return np.array(self._ends, dtype=np.int64)

    @cached_property
    def control_tokens(self) -> Tokens:
        special = {token for token, added in self._added.items() if added.special}
        return np.array(sorted(special.difference(self._ends)), dtype=np.int64)

    def _read_piece(self, token: int) -> bytes:
        added = self._added.get(token)
        if added is not None:
            return b"" if added.special else str(added.content).encode()
        name = self._tokenizer.id_to_token(token) or ""
        if self._letters is not None:
            return bytes(self._letters[letter] for letter in name)
        if byte := _BYTE.fullmatch(name):
            return bytes.fromhex(byte[1])
        return name.replace(_BLANK, " ").encode()
