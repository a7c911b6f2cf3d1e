"""Writes a model of whisper.cpp with random weights, small and really loaded."""

import struct
from pathlib import Path

import numpy as np

MAGIC = 0x67676D6C
WORDS, VOCABULARY = 50_257, 51_865
"""The words of GPT-2, and all tokens of a model for many languages."""

HALF = 1
"""The number of the format of weights of 16 bits."""

FRAMES, TEXT, WIDTH, HEADS, LAYERS, BANDS, BINS = 1500, 448, 64, 1, 1, 80, 201


def write(path: Path) -> Path:
    """Write it in the order of `convert-pt-to-ggml.py` of whisper.cpp."""
    sizes = (FRAMES, WIDTH, HEADS, LAYERS, TEXT, WIDTH, HEADS, LAYERS, BANDS, HALF)
    head = struct.pack("<I11i", MAGIC, VOCABULARY, *sizes)
    filters = np.full((BANDS, BINS), 1 / BINS, np.float32)
    head += struct.pack("<2i", BANDS, BINS) + filters.tobytes()
    # The first ones are looked up by whisper.cpp, which suppresses them.
    first = [b" ", b" -", b" '"]
    words = [*first, *(f" w{number}".encode() for number in range(len(first), WORDS))]
    head += struct.pack("<i", WORDS)
    head += b"".join(struct.pack("<i", len(word)) + word for word in words)
    rng = np.random.default_rng(3)
    with path.open("wb") as file:
        file.write(head)
        for name, shape in shapes().items():
            numbers = rng.normal(0, 0.05, shape).astype(np.float32)
            if name.endswith(("ln.weight", "ln_post.weight")):
                numbers = np.ones(shape, np.float32)
            is_half = len(shape) > 1 and name.endswith("weight")
            data = name.encode()
            file.write(struct.pack("<3i", len(shape), len(data), is_half * HALF))
            file.write(struct.pack(f"<{len(shape)}i", *shape[::-1]) + data)
            file.write(numbers.astype(np.float16 if is_half else np.float32).tobytes())
    return path


def shapes() -> dict[str, tuple[int, ...]]:
    """The shape of each tensor, by its name."""
    found: dict[str, tuple[int, ...]] = {
        "encoder.positional_embedding": (FRAMES, WIDTH),
        "encoder.conv1.weight": (WIDTH, BANDS, 3),
        "encoder.conv1.bias": (WIDTH, 1),
        "encoder.conv2.weight": (WIDTH, WIDTH, 3),
        "encoder.conv2.bias": (WIDTH, 1),
        "decoder.positional_embedding": (TEXT, WIDTH),
        "decoder.token_embedding.weight": (VOCABULARY, WIDTH),
        **_pair("encoder.ln_post", (WIDTH,)),
        **_pair("decoder.ln", (WIDTH,)),
    }
    for side in ("encoder", "decoder"):
        for layer in range(LAYERS):
            block = f"{side}.blocks.{layer}"
            found |= _attention(f"{block}.attn")
            if side == "decoder":
                found |= _attention(f"{block}.cross_attn")
            found |= _pair(f"{block}.mlp_ln", (WIDTH,))
            found |= _pair(f"{block}.mlp.0", (4 * WIDTH, WIDTH))
            found |= _pair(f"{block}.mlp.2", (WIDTH, 4 * WIDTH))
    return found


def _attention(name: str) -> dict[str, tuple[int, ...]]:
    square = (WIDTH, WIDTH)
    found = _pair(f"{name}_ln", (WIDTH,)) | {f"{name}.key.weight": square}
    for part in ("query", "value", "out"):
        found |= _pair(f"{name}.{part}", square)
    return found


def _pair(name: str, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
