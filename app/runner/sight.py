"""Lets a model see: a projector turns a picture into embeddings for its context."""

import ctypes
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from llama_cpp import llama_cpp as api
from llama_cpp import mtmd_cpp as mtmd

from app.core.errors import AppError
from app.modelfiles import checks
from app.modelfiles.gguf_header import cached
from app.runner.llama import Model, log_callback
from app.runner.looker import SeenPicture, UnreadablePictureError, Vectors

OVERVIEW_LAST = frozenset(["idefics3", "internvl"])
"""Projectors that put the view of the whole picture behind its parts, not before."""

MOST_TOKENS = 512
"""The most tokens of a picture: a conversation has its part of the memory."""

CHOOSE = "Take the projector that was published with the model."


class Sight:
    """A projector over a model. One thread at a time may use it."""

    def __init__(self, path: Path, model: Model, threads: int) -> None:
        """Load the projector.

        Raises:
            AppError: If the file is none, or does not fit the model.
        """
        checks.check_projector(path, model.path)
        _hush()
        params = mtmd.mtmd_context_params_default()
        params.use_gpu = model.gpu is not None
        params.n_threads = threads
        params.print_timings = params.warmup = False
        self._handle = mtmd.mtmd_init_from_file(
            str(path).encode(), model.handle, params
        )
        if not self._handle:
            raise AppError(f"{path.name} cannot be loaded as a projector.", CHOOSE)
        is_odd = mtmd.mtmd_decode_use_mrope(self._handle)
        if is_odd or not mtmd.mtmd_support_vision(self._handle):
            self.close()
            raise AppError(f"{path.name} is of a kind that is not supported.", CHOOSE)
        kind = str(cached(path).metadata.get("clip.projector_type", ""))
        self._overview = -1 if kind in OVERVIEW_LAST else 0
        self._width = int(api.llama_model_n_embd_inp(model.handle))
        self.picture_ms = 0.0
        """The time for the last picture; 0 until there was one."""

    def look(self, data: bytes) -> SeenPicture:
        """Return a picture (PNG or JPEG) for a prompt; this takes seconds.

        Of a picture in parts only the view of the whole is used: SmolVLM would read 17
        parts for 64 seconds, where the whole takes 4, and they would fill the memory.

        Raises:
            UnreadablePictureError: If it is no picture.
        """
        began = time.perf_counter()
        with self._chunks(data) as chunks:
            seen = [at for at, chunk in enumerate(chunks) if _is_image(chunk)]
            if not seen:
                raise UnreadablePictureError("The picture has nothing to see.")
            place = seen[self._overview]
            before = _text(chunks[place - 1]) if place else []
            after = _text(chunks[place + 1]) if place + 1 < len(chunks) else []
            vectors = self._vectors(chunks[place])
        self.picture_ms = (time.perf_counter() - began) * 1000
        marks = _marks(data, len(vectors))
        return SeenPicture((*before, *marks, *after), marks[0], vectors)

    def close(self) -> None:
        """Free the weights; it must not be used afterwards."""
        mtmd.mtmd_free(self._handle)

    @contextmanager
    def _chunks(self, data: bytes) -> Iterator[list[int]]:
        """Yield a picture cut up for the model, with the marks around each piece."""
        buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        bitmap = mtmd.mtmd_helper_bitmap_init_from_buf(
            self._handle, buffer, len(data), False
        )
        if not bitmap:
            raise UnreadablePictureError("The picture cannot be decoded.")
        chunks = mtmd.mtmd_input_chunks_init()
        try:
            marker = mtmd.mtmd_get_marker(self._handle)
            text = mtmd.mtmd_input_text(marker, len(marker), False, True)
            bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
            code = mtmd.mtmd_tokenize(
                self._handle, chunks, ctypes.byref(text), bitmaps, 1
            )
            if code:
                raise UnreadablePictureError("The picture cannot be read.")
            count = mtmd.mtmd_input_chunks_size(chunks)
            yield [mtmd.mtmd_input_chunks_get(chunks, at) for at in range(count)]
        finally:
            mtmd.mtmd_input_chunks_free(chunks)
            mtmd.mtmd_bitmap_free(bitmap)

    def _vectors(self, chunk: int) -> Vectors:
        count = int(mtmd.mtmd_input_chunk_get_n_tokens(chunk))
        if count > MOST_TOKENS or mtmd.mtmd_decode_use_non_causal(self._handle, chunk):
            raise UnreadablePictureError("This model reads pictures in another way.")
        if mtmd.mtmd_encode_chunk(self._handle, chunk):
            raise UnreadablePictureError("The picture cannot be looked at.")
        found = mtmd.mtmd_get_output_embd(self._handle)
        whole = np.ctypeslib.as_array(found, (count * self._width,))
        return whole.copy().reshape(count, self._width)


def _hush() -> None:
    """Let the same callback hear this library as llama.cpp."""
    for hears in (mtmd.mtmd_log_set, mtmd.mtmd_helper_log_set):
        hears(log_callback(), ctypes.c_void_p(0))


def _is_image(chunk: int) -> bool:
    kind = mtmd.mtmd_input_chunk_get_type(chunk)
    return bool(kind == mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE)


def _text(chunk: int) -> list[int]:
    """Return the marks of a chunk; a model may lack one, which then is negative."""
    if _is_image(chunk):
        return []
    count = ctypes.c_size_t()
    found = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
    return [token for token in found[: count.value] if token >= 0]


def _marks(data: bytes, count: int) -> list[int]:
    """Return numbers that stand for a picture's tokens, the same for the same one.

    A prompt that begins like another one shares its memory; so do two with one picture.
    """
    start = int.from_bytes(hashlib.sha256(data).digest()[:8]) * MOST_TOKENS
    return [-start - number - 1 for number in range(count)]
