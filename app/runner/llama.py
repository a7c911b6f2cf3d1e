"""llama.cpp's low-level API, typed and owned by one thread: a model and its context."""

import ctypes
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as api

from app.core.errors import AppError
from app.ipc.inference import PICTURE
from app.modelfiles import gguf_header
from app.runner import backends
from app.runner.backends import Gpu
from app.runner.token_table import Logits, Tokens, TokenTable

WARNING_LEVEL = 3
CONTINUED_LEVEL = 5
"""ggml's log levels: 1 debug, 2 info, 3 warning, 4 error, 5 continued."""

_LOADING = "error loading model: "
"""The text before the cause in llama.cpp's output."""

USER_DEFINED = 16
"""llama.cpp's attribute of tokens that a model's maker added by hand."""

_MARK = re.compile(rb"<\|?[a-z]++_[a-z_]++\|?>|\[[a-z_]++\]")
"""Names as of <start_of_image>, and none of HTML."""

NO_SPACE = 1
"""The result of llama_decode when the KV memory has no room for the batch."""


class LlamaError(RuntimeError):
    """An error of llama.cpp, which explains itself on stderr."""


class _Log:
    """Passes warnings and errors of llama.cpp on to stderr."""

    def __init__(self) -> None:
        self._shown = False
        self.last = ""
        """The last warning or error."""
        self.cause = ""
        """The reason why the last model failed to load."""
        # llama.cpp keeps the pointer; this object keeps it from being collected.
        self.callback = api.llama_log_callback(self._write)

    def _write(self, level: int, text: bytes, _: object) -> None:
        if level != CONTINUED_LEVEL:
            self._shown = level >= WARNING_LEVEL
        if self._shown:
            words = text.decode("utf-8", "replace")
            self.last = words.strip() or self.last
            self.cause = words.partition(_LOADING)[2].strip() or self.cause
            sys.stderr.write(words)


_LOG = _Log()


def start() -> None:
    """Prepare llama.cpp; call it once in a process, before anything else."""
    api.llama_log_set(_LOG.callback, ctypes.c_void_p(0))
    backends.load_processor()
    api.llama_backend_init()


def log_callback() -> object:
    """Return the function that hears what llama.cpp and its kin say."""
    return _LOG.callback


def last_warning() -> str:
    """Return llama.cpp's last warning or error."""
    return _LOG.last


def forget_warnings() -> None:
    """Forget what llama.cpp said before."""
    _LOG.last = ""


def quantise(source: Path, target: Path, format: int, threads: int) -> None:
    """Rewrite a model with another number of bits per weight.

    Args:
        format: llama.cpp's number of the format (`llama_ftype`).

    Raises:
        GgufError: If the file could harm llama.cpp.
        LlamaError: If llama.cpp cannot.
    """
    gguf_header.cached(source)
    params = api.llama_model_quantize_default_params()
    params.nthread = threads
    params.ftype = format
    params.allow_requantize = True
    code = api.llama_model_quantize(
        str(source).encode(), str(target).encode(), ctypes.byref(params)
    )
    if code != 0:
        raise LlamaError(f"llama.cpp cannot requantise {source.name}")


class Model(TokenTable):
    """The weights and the vocabulary of one GGUF file."""

    def __init__(
        self,
        path: Path,
        gpu_layers: int = 0,
        gpu: Gpu | None = None,
        *,
        vocabulary_only: bool = False,
    ) -> None:
        """Load it.

        Args:
            gpu_layers: Layers to offload; negative means all.
            gpu: The card that takes them; without one the processor does.
            vocabulary_only: Leave the weights on disk; the model can then only
                tokenize.

        Raises:
            AppError: If the file could harm llama.cpp, or it cannot load it.
        """
        gguf_header.cached(path)
        params = api.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        # Only the devices in this list are used, which ends with a null.
        devices = (ctypes.c_void_p * 2)(gpu.handle if gpu else None)
        params.devices = ctypes.cast(devices, ctypes.c_void_p)
        params.vocab_only = vocabulary_only
        # Among these are AMX's; a packed copy of some formats is given up with them.
        params.use_extra_bufts = not backends.crashes_in_tiles()
        _LOG.cause = ""
        self.handle = api.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            cause = _LOG.cause or "llama.cpp does not say why"
            raise AppError(
                f"{path.name} cannot be loaded: {cause}.", "Choose another model."
            )
        self._vocab = api.llama_model_get_vocab(self.handle)
        self.vocabulary = int(api.llama_vocab_n_tokens(self._vocab))
        self.path = path
        self.gpu = gpu
        super().__init__()

    @property
    def description(self) -> str:
        """Architecture, size and quantisation, in llama.cpp's words."""
        buffer = ctypes.create_string_buffer(256)
        api.llama_model_desc(self.handle, buffer, 256)
        return buffer.value.decode("utf-8", "replace")

    def tokens(
        self, text: str, *, is_start: bool = False, is_mark: bool = False
    ) -> list[int]:
        """Tokenize a text; text that looks like a special token stays plain text.

        Args:
            is_start: Start with the model's opening tokens.
            is_mark: Read special tokens; never for anything that people wrote.
        """
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        while True:
            found = (ctypes.c_int32 * room)()
            count = api.llama_tokenize(
                self._vocab, data, len(data), found, room, is_start, is_mark
            )
            if count >= 0:
                return list(found[:count])
            room = -count

    def marked_tokens(
        self, parts: Sequence[str], pictures: Iterable[Sequence[int]] = ()
    ) -> list[int]:
        """Tokenize marks and texts in turn; only marks may be special tokens.

        A template may write the opening token that the tokenizer adds by itself.

        Args:
            pictures: The tokens that take the place of each `PICTURE` in texts.
        """
        found = self.tokens(parts[0], is_start=True, is_mark=True)
        if found[:1] == found[1:2] == [int(api.llama_vocab_bos(self._vocab))]:
            found = found[1:]
        left = iter(pictures)
        for place, part in enumerate(parts[1:], 1):
            first, *others = part.split(PICTURE)
            found += self.tokens(first, is_mark=place % 2 == 0)
            for text in others:
                found += [*next(left, ()), *self.tokens(text)]
        return found

    @property
    def template(self) -> tuple[str, str, str]:
        """The chat template, empty without one, and the texts of both outer tokens."""
        words = api.llama_model_chat_template(self.handle, None) or b""
        outer = (api.llama_vocab_bos(self._vocab), api.llama_vocab_eos(self._vocab))
        texts = [
            api.llama_vocab_get_text(self._vocab, token) if token >= 0 else b""
            for token in outer
        ]
        begin, end = (text.decode("utf-8", "replace") for text in texts)
        return words.decode("utf-8", "replace"), begin, end

    def _read_piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        size = api.llama_token_to_piece(self._vocab, token, buffer, 64, 0, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = api.llama_token_to_piece(self._vocab, token, buffer, -size, 0, False)
        return buffer.raw[:size]

    @cached_property
    def end_tokens(self) -> Tokens:
        found = [
            token
            for token in range(self.vocabulary)
            if api.llama_vocab_is_eog(self._vocab, token)
        ]
        return np.array(found, dtype=np.int64)

    @cached_property
    def control_tokens(self) -> Tokens:
        found = [
            token
            for token in range(self.vocabulary)
            if self._is_special(token)
            and not api.llama_vocab_is_eog(self._vocab, token)
        ]
        return np.array(found, dtype=np.int64)

    def _is_special(self, token: int) -> bool:
        if api.llama_vocab_is_control(self._vocab, token):
            return True
        # Gemma 3 names its marks of pictures so, and writes them as text.
        is_named = api.llama_vocab_get_attr(self._vocab, token) == USER_DEFINED
        return is_named and _MARK.fullmatch(self.piece(token)) is not None

    def load_adapter(self, path: Path) -> "Adapter":
        """Load a LoRA adapter; it is freed with the model.

        Raises:
            GgufError: If the file could harm llama.cpp.
            LlamaError: If it does not fit, in llama.cpp's own words.
        """
        gguf_header.cached(path)
        handle = api.llama_adapter_lora_init(self.handle, str(path).encode())
        if not handle:
            words = _LOG.last.partition(": ")[2] or "it cannot be loaded"
            raise LlamaError(f"the adapter {path.name} does not fit: {words}")
        return Adapter(path, handle)

    def close(self) -> None:
        """Free the weights; the model must not be used afterwards."""
        api.llama_model_free(self.handle)


@dataclass(frozen=True)
class Adapter:
    """A loaded LoRA adapter, which tunes the weights for one guild."""

    path: Path
    handle: Any


class Batch:
    """Tokens of several sequences that one decode call evaluates together."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.raw: Any = api.llama_batch_init(capacity, 0, 1)

    @property
    def size(self) -> int:
        """The number of tokens in it."""
        return int(self.raw.n_tokens)

    def clear(self) -> None:
        self.raw.n_tokens = 0

    def add(
        self, sequence: int, position: int, tokens: Sequence[int], wants_logits: bool
    ) -> int:
        """Append tokens of one sequence; return the place of the last one in the batch.

        Args:
            wants_logits: Whether the last token's logits will be read.
        """
        raw, place = self.raw, int(self.raw.n_tokens)
        for offset, token in enumerate(tokens):
            raw.token[place] = token
            raw.pos[place] = position + offset
            raw.n_seq_id[place] = 1
            raw.seq_id[place][0] = sequence
            raw.logits[place] = 0
            place += 1
        raw.logits[place - 1] = int(wants_logits)
        raw.n_tokens = place
        return place - 1

    def close(self) -> None:
        api.llama_batch_free(self.raw)


class Context:
    """The KV memory of several sequences over one model, a part for each.

    With separate parts, a sequence's attention skips the tokens of the others. Prompts
    are read a quarter faster without flash attention, which is slower on a processor.
    """

    def __init__(
        self,
        model: Model,
        *,
        size: int,
        sequences: int,
        batch: int,
        threads: int,
    ) -> None:
        """Allocate the memory.

        Args:
            size: Tokens of all sequences together; each gets an equal part, rounded up
                to 256.
            batch: Most tokens of one decode call.
            threads: For both prompts and decoding.

        Raises:
            AppError: If there is not enough memory.
        """
        params = api.llama_context_default_params()
        params.n_ctx = size
        params.n_batch = params.n_ubatch = batch
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = False
        if not model.gpu:
            params.flash_attn_type = api.LLAMA_FLASH_ATTN_TYPE_DISABLED
        # A sliding window that keeps all can go back to where two prompts part.
        params.swa_full = True
        params.no_perf = True
        self.model = model
        self._handle = api.llama_init_from_model(model.handle, params)
        if not self._handle:
            raise AppError(
                f"llama.cpp cannot make a context of {size:,} tokens.",
                "Use a smaller model.context, or a smaller model.",
            )
        self.size = int(api.llama_n_ctx_seq(self._handle))
        """The most tokens of one sequence."""
        self.sequences = sequences
        self._batch = batch
        self._memory = api.llama_get_memory(self._handle)
        self._row = ctypes.c_float * model.vocabulary
        self._adapter: Adapter | None = None

    def decode(self, batch: Batch) -> bool:
        """Evaluate the batch; False when a sequence runs out of room.

        Raises:
            LlamaError: If llama.cpp fails; do not use the context afterwards.
        """
        code = api.llama_decode(self._handle, batch.raw)
        if code not in (0, NO_SPACE):
            raise LlamaError(f"llama_decode failed with {code}")
        return bool(code == 0)

    def logits(self, place: int) -> Logits:
        """Return the logits after the token at a place of the last batch.

        Shape (vocabulary,); a view that the next `decode` overwrites.
        """
        pointer = api.llama_get_logits_ith(self._handle, place)
        row = self._row.from_address(ctypes.addressof(pointer.contents))
        return np.frombuffer(memoryview(row), np.float32)

    def see(
        self, sequence: int, position: int, vectors: npt.NDArray[np.float32]
    ) -> bool:
        """Put embeddings into a sequence; False when it runs out of room.

        Raises:
            LlamaError: As in `decode`.
        """
        step = self._batch
        for start in range(0, len(vectors), step):
            part = np.ascontiguousarray(vectors[start : start + step])
            raw = api.llama_batch_init(len(part), part.shape[1], 1)
            try:
                ctypes.memmove(raw.embd, part.ctypes.data, part.nbytes)
                raw.n_tokens = len(part)
                for place in range(len(part)):
                    raw.pos[place] = position + start + place
                    raw.n_seq_id[place] = 1
                    raw.seq_id[place][0] = sequence
                    raw.logits[place] = 0
                code = api.llama_decode(self._handle, raw)
            finally:
                api.llama_batch_free(raw)
            if code not in (0, NO_SPACE):
                raise LlamaError(f"llama_decode failed with {code} at a picture")
            if code:
                return False
        return True

    def cut(self, sequence: int, position: int) -> bool:
        """Drop a sequence's tokens from a position on; False if the model cannot."""
        return bool(api.llama_memory_seq_rm(self._memory, sequence, position, -1))

    def drop(self, sequence: int) -> None:
        """Drop a whole sequence."""
        api.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def copy(self, source: int, target: int, length: int) -> None:
        """Replace a sequence by another's first tokens; the model must be able to cut.

        llama.cpp copies whole sequences only.
        """
        api.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self.cut(target, length)

    def use_adapter(self, adapter: Adapter | None) -> None:
        """Decode with an adapter from now on, or without one."""
        if adapter is self._adapter:
            return
        if adapter is None:
            api.llama_set_adapters_lora(self._handle, None, 0, None)
        else:
            handles = (api.llama_adapter_lora_p_ctypes * 1)(adapter.handle)
            scales = (ctypes.c_float * 1)(1.0)
            api.llama_set_adapters_lora(self._handle, handles, 1, scales)
        self._adapter = adapter

    def set_threads(self, threads: int) -> None:
        """Set the number of threads for the next decode and later ones."""
        api.llama_set_n_threads(self._handle, threads, threads)

    def close(self) -> None:
        """Free the memory; the context must not be used afterwards."""
        api.llama_free(self._handle)
