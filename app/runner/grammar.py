"""Keeps what a model writes to a grammar in GBNF, llama.cpp's own form."""

import ctypes
import weakref

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as api

from app.core.errors import UsageError
from app.runner.llama import Model
from app.runner.token_table import Logits

Tokens = npt.NDArray[np.intp]

FIRST_LOOK = 64
"""The likeliest tokens that are tried before the whole vocabulary."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama_token_data."""


class Grammar:
    """The state of one text that follows a grammar."""

    def __init__(self, model: Model, rules: str) -> None:
        """Begin a text.

        Raises:
            UsageError: If the rules are none.
        """
        vocabulary = api.llama_model_get_vocab(model.handle)
        self._model = model
        self._sampler = api.llama_sampler_init_grammar(
            vocabulary, rules.encode(), b"root"
        )
        if not self._sampler:
            raise UsageError("The grammar cannot be read.")
        weakref.finalize(self, api.llama_sampler_free, self._sampler)

    def choose(self, logits: Logits) -> int:
        """Take the likeliest token that may follow, or an end where none may."""
        order = np.argsort(logits)[::-1]
        for tried in (order[:FIRST_LOOK], order):
            allowed = self._allowed(logits, tried)
            if len(allowed):
                token = int(allowed[0])
                # An end is no part of the text, which is over with it.
                if token not in self._model.end_tokens:
                    api.llama_sampler_accept(self._sampler, token)
                return token
        return int(self._model.end_tokens[0])

    def _allowed(self, logits: Logits, tokens: Tokens) -> Tokens:
        """Return those of the tokens that may follow, in the same order."""
        kept = tokens[~np.isin(tokens, self._model.control_tokens)]
        data = np.zeros(len(kept), _CANDIDATE)
        data["id"], data["logit"] = kept, logits[kept]
        pointer = data.ctypes.data_as(ctypes.POINTER(api.llama_token_data))
        candidates = api.llama_token_data_array(pointer, len(kept), -1, False)
        api.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        left = np.isfinite(data["logit"])
        return np.array(data["id"][left], np.intp)
