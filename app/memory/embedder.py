"""Turns texts into vectors of their meaning, with one embedding model of fastembed."""

import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core import telemetry
from app.core.errors import ConfigError
from app.core.paths import asset
from app.modelfiles.bundled import embedding_model
from app.modelfiles.catalogue import BUILT_IN

Floats = NDArray[np.float32]

BUILT_IN_ID = "all-MiniLM-L6-v2-int8"
"""The model's name; it changes with the file in assets, as vectors must not mix."""
BATCH_TOKENS = 1024
"""The most tokens of a batch, with padding; more only makes the session grow."""
MAX_BATCH = 32
PADDED = 1.25
"""The longest text of a batch to its shortest; the rest would be mostly padding."""
_KEPT = 4096
_NOT_WORDS = re.compile(r"https?://\S+|<a?:\w+:\d+>|<[@#][!&]?\d+>|[\W_\d]+")


def is_trivial(text: str) -> bool:
    """Return whether a text has too little meaning: `lol`, a link, an emoji."""
    return len(_NOT_WORDS.sub("", text)) < 4


class Embeds(Protocol):
    """An embedder of texts; its methods block and belong to one thread."""

    model_id: str
    """Names the model in the database; vectors of two models never meet."""
    dimension: int

    def embed(self, texts: Sequence[str], most_tokens: int | None = None) -> Floats:
        """Return vectors of length 1, float32 (texts, dimension).

        Args:
            most_tokens: Read at most this many tokens of a text, to be quick.
        """
        ...


class Embedder:
    """One loaded model; its methods block and belong to one thread."""

    def __init__(self, model: Any, model_id: str, dimension: int) -> None:
        self.model_id = model_id
        """Names the model in the database; vectors of two models never meet."""
        self.dimension = dimension
        self._model = model
        self._known: OrderedDict[str, Floats] = OrderedDict()

    @classmethod
    def open(
        cls, name: str = BUILT_IN, *, cache: Path | None = None, threads: int = 1
    ) -> "Embedder":
        """Load the built-in model, or a model of fastembed by `name`.

        Args:
            cache: Directory for downloaded models; a download needs a network.

        Raises:
            ConfigError: If fastembed does not know the model or cannot download it.
        """
        telemetry.switch_off()
        # Importing fastembed takes half a second; only an embedding process should pay
        # for it.
        os.environ.setdefault("TQDM_DISABLE", "1")
        from fastembed import TextEmbedding
        from loguru import logger

        logger.disable("fastembed")
        if name in (BUILT_IN, BUILT_IN_ID):
            _register_built_in()
            directory = str(embedding_model(cache or asset("embedding")))
            # Without a cache it creates a folder in the temporary directory.
            make = partial(
                TextEmbedding, cache_dir=directory, specific_model_path=directory
            )
            model_id = BUILT_IN_ID
        else:
            make = partial(TextEmbedding, cache_dir=str(cache) if cache else None)
            model_id = name
        try:
            made = make(model_id, threads=threads)
        except ValueError as error:
            raise ConfigError(
                f"The embedding model {name} cannot be used: {error}.",
                f"Set memory.model to {BUILT_IN}.",
            ) from error
        return cls(made.model, model_id, made.embedding_size)

    def embed(self, texts: Sequence[str], most_tokens: int | None = None) -> Floats:
        """Return unit vectors of `texts`, in their order, shape (texts, dimension).

        Args:
            most_tokens: Read at most this many tokens of a text, to be quick.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        fresh: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            known = self._known.get(text)
            if known is None:
                fresh.setdefault(text, []).append(place)
            else:
                vectors[place] = known
                self._known.move_to_end(text)
        unique = list(fresh)
        for numbers, found in self._embed_unique(unique, most_tokens):
            for number, vector in zip(numbers, found, strict=True):
                vectors[fresh[unique[number]]] = vector
                if most_tokens is None:
                    self._known[unique[number]] = vector
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return vectors

    def _embed_unique(
        self, texts: list[str], most_tokens: int | None
    ) -> Iterator[tuple[list[int], Floats]]:
        """Yield text numbers with their vectors, in batches of similar length."""
        if not hasattr(self._model, "onnx_embed"):
            # Static models look words up, so they need no padding.
            if texts:
                yield list(range(len(texts))), np.stack(list(self._model.embed(texts)))
            return
        encoded = self._encode(texts)
        if most_tokens is not None:
            # The last token closes the text, as the first opens it.
            encoded = [
                ids if len(ids) <= most_tokens else [*ids[: most_tokens - 1], ids[-1]]
                for ids in encoded
            ]
        for numbers in batches([len(ids) for ids in encoded]):
            yield numbers, self._run([encoded[number] for number in numbers])

    def _encode(self, texts: list[str]) -> list[list[int]]:
        """Return the token ids of each text, without padding."""
        tokenizer = self._model.tokenizer
        padding = tokenizer.padding
        tokenizer.no_padding()
        encoded = [found.ids for found in tokenizer.encode_batch_fast(texts)]
        tokenizer.enable_padding(**padding)
        return encoded

    def _run(self, batch: list[list[int]]) -> Floats:
        """Return the model's vectors for one batch of token ids."""
        from fastembed.common.onnx_model import OnnxOutputContext

        inputs = self.inputs(batch)
        output = self._model.model.run(self._model.ONNX_OUTPUT_NAMES, inputs)[0]
        context = OnnxOutputContext(output, inputs.get("attention_mask"), None)
        made = self._model._post_process_onnx_output(context)
        return np.asarray(list(made), np.float32)

    def inputs(self, batch: list[list[int]]) -> dict[str, NDArray[np.int64]]:
        """Pad arrays as the session expects them."""
        padding = self._model.tokenizer.padding or {}
        width = max(map(len, batch))
        ids = np.full((len(batch), width), padding.get("pad_id", 0), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        arrays = {"input_ids": ids, "attention_mask": mask}
        names = {node.name for node in self._model.model.get_inputs()}
        if "token_type_ids" in names:
            arrays["token_type_ids"] = np.zeros_like(ids)
        return {name: value for name, value in arrays.items() if name in names}


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group text numbers by length, within the limits of a batch."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[number]
        is_full = len(batch) == MAX_BATCH or length * (len(batch) + 1) > BATCH_TOKENS
        if batch and (is_full or length > PADDED * lengths[batch[0]] + 1):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _register_built_in() -> None:
    """Register the built-in model with fastembed, which refuses a second time."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    if any(m["model"] == BUILT_IN_ID for m in TextEmbedding.list_supported_models()):
        return
    TextEmbedding.add_custom_model(
        model=BUILT_IN_ID,
        pooling=PoolingType.DISABLED,
        normalization=False,
        # Never used, since the directory is given, but fastembed requires a source.
        sources=ModelSource(hf="sentence-transformers/all-MiniLM-L6-v2"),
        dim=384,
        model_file="model.onnx",
    )
