"""Writes GGUF files of a few kilobytes that llama.cpp really loads: random weights."""

import struct
from pathlib import Path
from typing import Any

import numpy as np

ALIGNMENT = 32
STRING, LIST, FLOAT, UINT, INT, BOOL = 8, 9, 6, 4, 5, 7
UNKNOWN, CONTROL, NORMAL, BYTE = 2, 3, 1, 6

EMBEDDING, HEADS, LAYERS, FEED = 64, 2, 2, 96
INNER, STATE, CONVOLUTION, RANK = 128, 16, 4, 4


Shaped = tuple[dict[str, Any], dict[str, tuple[int, ...]]]
"""Metadata, and the shape of each tensor, innermost dimension first."""


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(name: str, value: Any) -> bytes:
    return text(name) + typed(value)


def typed(value: Any) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", BOOL, value)
        case int():
            return struct.pack("<II", UINT, value)
        case float():
            return struct.pack("<If", FLOAT, value)
        case str():
            return struct.pack("<I", STRING) + text(value)
        case [str(), *_]:
            items = b"".join(map(text, value))
            return struct.pack("<IIQ", LIST, STRING, len(value)) + items
        case [float(), *_]:
            items = struct.pack(f"<{len(value)}f", *value)
            return struct.pack("<IIQ", LIST, FLOAT, len(value)) + items
        case [int(), *_]:
            items = struct.pack(f"<{len(value)}i", *value)
            return struct.pack("<IIQ", LIST, INT, len(value)) + items
    raise TypeError(value)


def vocabulary() -> dict[str, Any]:
    """Every byte, the space, and three special tokens."""
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, NORMAL]
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": names,
        "tokenizer.ggml.scores": [0.0] * len(names),
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_space_prefix": False,
    }


VOCABULARY = len(vocabulary()["tokenizer.ggml.tokens"])


def transformer() -> Shaped:
    """Metadata, and the shape of each tensor, innermost dimension first."""
    facts = {
        "general.architecture": "llama",
        "llama.context_length": 4096,
        "llama.embedding_length": EMBEDDING,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": FEED,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": EMBEDDING // HEADS,
        "llama.vocab_size": VOCABULARY,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (EMBEDDING, VOCABULARY),
        "output_norm.weight": (EMBEDDING,),
        "output.weight": (EMBEDDING, VOCABULARY),
    }
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{layer}.{name}.weight"] = (EMBEDDING, EMBEDDING)
        for name in ("ffn_gate", "ffn_up"):
            shapes[f"blk.{layer}.{name}.weight"] = (EMBEDDING, FEED)
        shapes[f"blk.{layer}.ffn_down.weight"] = (FEED, EMBEDDING)
        for name in ("attn_norm", "ffn_norm"):
            shapes[f"blk.{layer}.{name}.weight"] = (EMBEDDING,)
    return facts, shapes


def recurrent() -> Shaped:
    """A Mamba model: its state cannot be rolled back."""
    facts = {
        "general.architecture": "mamba",
        "mamba.context_length": 4096,
        "mamba.embedding_length": EMBEDDING,
        "mamba.block_count": LAYERS,
        "mamba.feed_forward_length": 0,
        "mamba.attention.head_count": 0,
        "mamba.attention.layer_norm_rms_epsilon": 1e-5,
        "mamba.ssm.conv_kernel": CONVOLUTION,
        "mamba.ssm.inner_size": INNER,
        "mamba.ssm.state_size": STATE,
        "mamba.ssm.time_step_rank": RANK,
        "mamba.vocab_size": VOCABULARY,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (EMBEDDING, VOCABULARY),
        "output_norm.weight": (EMBEDDING,),
        "output.weight": (EMBEDDING, VOCABULARY),
    }
    for layer in range(LAYERS):
        block = {
            "attn_norm.weight": (EMBEDDING,),
            "ssm_in.weight": (EMBEDDING, 2 * INNER),
            "ssm_conv1d.weight": (CONVOLUTION, INNER),
            "ssm_conv1d.bias": (INNER,),
            "ssm_x.weight": (INNER, RANK + 2 * STATE),
            "ssm_dt.weight": (RANK, INNER),
            "ssm_dt.bias": (INNER,),
            "ssm_a": (STATE, INNER),
            "ssm_d": (INNER,),
            "ssm_out.weight": (INNER, EMBEDDING),
        }
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in block.items()}
    return facts, shapes


WINDOW, CACHE = 16, 3


def sliding() -> Shaped:
    """A Gemma 2 model: every second layer sees only the newest tokens."""
    facts, shapes = transformer()
    facts = {name.replace("llama.", "gemma2."): value for name, value in facts.items()}
    facts |= {
        "general.architecture": "gemma2",
        "gemma2.attention.sliding_window": WINDOW,
        "gemma2.attention.key_length": EMBEDDING // HEADS,
        "gemma2.attention.value_length": EMBEDDING // HEADS,
        # Its input is its output's matrix as well: without a cap it repeats one token.
        "gemma2.final_logit_softcapping": 2.0,
    }
    del shapes["output.weight"]
    for layer in range(LAYERS):
        shapes[f"blk.{layer}.post_attention_norm.weight"] = (EMBEDDING,)
        shapes[f"blk.{layer}.post_ffw_norm.weight"] = (EMBEDDING,)
    return facts, shapes


def hybrid() -> Shaped:
    """An LFM2 model: a layer of attention, and one that keeps a state."""
    facts, shapes = transformer()
    facts = {name.replace("llama.", "lfm2."): value for name, value in facts.items()}
    facts |= {
        "general.architecture": "lfm2",
        "lfm2.attention.head_count_kv": [0, HEADS],
        "lfm2.shortconv.l_cache": CACHE,
    }
    del shapes["output.weight"], shapes["output_norm.weight"]
    shapes["token_embd_norm.weight"] = (EMBEDDING,)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        del shapes[f"blk.0.{name}.weight"]
    for name in ("attn_q_norm", "attn_k_norm"):
        shapes[f"blk.1.{name}.weight"] = (EMBEDDING // HEADS,)
    shapes["blk.0.shortconv.conv.weight"] = (CACHE, EMBEDDING)
    shapes["blk.0.shortconv.in_proj.weight"] = (EMBEDDING, 3 * EMBEDDING)
    shapes["blk.0.shortconv.out_proj.weight"] = (EMBEDDING, EMBEDDING)
    return facts, shapes


def encoder() -> Shaped:
    """A BERT model: it tells what a text means, and cannot write."""
    facts = {
        "general.architecture": "bert",
        "bert.context_length": 512,
        "bert.embedding_length": EMBEDDING,
        "bert.block_count": LAYERS,
        "bert.feed_forward_length": FEED,
        "bert.attention.head_count": HEADS,
        "bert.attention.layer_norm_epsilon": 1e-5,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
    }
    return facts, {"token_embd.weight": (EMBEDDING, VOCABULARY)}


def adapter(architecture: str = "llama", width: int = EMBEDDING) -> Shaped:
    """A LoRA adapter for the transformer, of rank 4."""
    facts = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 8.0,
    }
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(LAYERS):
        shapes[f"blk.{layer}.attn_q.weight.lora_a"] = (width, 4)
        shapes[f"blk.{layer}.attn_q.weight.lora_b"] = (4, width)
        shapes[f"blk.{layer}.ffn_up.weight.lora_a"] = (width, 4)
        shapes[f"blk.{layer}.ffn_up.weight.lora_b"] = (4, FEED)
    return facts, shapes


SEEN_SIDE, PATCH, MERGED, SEEN_LAYERS = 64, 16, 2, 1
SEEN_TOKENS = (SEEN_SIDE // PATCH // MERGED) ** 2


def projector(width: int = EMBEDDING) -> Shaped:
    """The eyes of a SmolVLM model, for a language model of that width.

    The names are those of `tools/mtmd/clip-impl.h` in llama.cpp.
    """
    facts = {
        "general.architecture": "clip",
        "general.type": "mmproj",
        "clip.has_vision_encoder": True,
        "clip.projector_type": "idefics3",
        "clip.use_gelu": True,
        "clip.vision.image_size": SEEN_SIDE,
        "clip.vision.preproc_image_size": 2 * SEEN_SIDE,
        "clip.vision.patch_size": PATCH,
        "clip.vision.embedding_length": EMBEDDING,
        "clip.vision.feed_forward_length": FEED,
        "clip.vision.block_count": SEEN_LAYERS,
        "clip.vision.projection_dim": width,
        "clip.vision.attention.head_count": HEADS,
        "clip.vision.attention.layer_norm_epsilon": 1e-6,
        "clip.vision.image_mean": [0.5] * 3,
        "clip.vision.image_std": [0.5] * 3,
        "clip.vision.projector.scale_factor": MERGED,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "v.patch_embd.weight": (PATCH, PATCH, 3, EMBEDDING),
        "v.patch_embd.bias": (EMBEDDING,),
        "v.position_embd.weight": (EMBEDDING, (SEEN_SIDE // PATCH) ** 2),
        "v.post_ln.weight": (EMBEDDING,),
        "v.post_ln.bias": (EMBEDDING,),
        "mm.model.fc.weight": (EMBEDDING * MERGED**2, width),
    }
    outer = {"ffn_up": (EMBEDDING, FEED), "ffn_down": (FEED, EMBEDDING)}
    for layer in range(SEEN_LAYERS):
        block = f"v.blk.{layer}"
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            shapes[f"{block}.{name}.weight"] = (EMBEDDING, EMBEDDING)
            shapes[f"{block}.{name}.bias"] = (EMBEDDING,)
        for name in ("ln1", "ln2"):
            shapes[f"{block}.{name}.weight"] = (EMBEDDING,)
            shapes[f"{block}.{name}.bias"] = (EMBEDDING,)
        for name, shape in outer.items():
            shapes[f"{block}.{name}.weight"] = shape
            shapes[f"{block}.{name}.bias"] = shape[1:]
    return facts, shapes


KINDS = {
    "transformer": transformer,
    "recurrent": recurrent,
    "sliding": sliding,
    "hybrid": hybrid,
}


def write(path: Path, kind: str = "transformer", template: str = "") -> Path:
    """A model of that kind in a file, with a chat template if one is given."""
    facts, shapes = KINDS[kind]()
    if template:
        facts["tokenizer.chat_template"] = template
    return write_file(path, facts | vocabulary(), shapes)


def write_adapter(path: Path, **more: Any) -> Path:
    """A LoRA adapter in a file."""
    return write_file(path, *adapter(**more))


def write_projector(path: Path, width: int = EMBEDDING) -> Path:
    """A projector in a file."""
    return write_file(path, *projector(width))


def write_file(
    path: Path, facts: dict[str, Any], shapes: dict[str, tuple[int, ...]]
) -> Path:
    """A GGUF file with random weights."""
    rng = np.random.default_rng(7)
    head, data = b"", b""
    for name, shape in shapes.items():
        numbers = rng.normal(0, 0.3, shape[::-1]).astype(np.float32)
        if name.endswith("ssm_a"):
            numbers = -np.abs(numbers)
        if name.endswith("norm.weight"):
            numbers = np.ones(shape, np.float32)
        head += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", 0, len(data))
        data += numbers.tobytes()
        data += b"\0" * (-len(data) % ALIGNMENT)
    start = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(facts))
    start += b"".join(pair(name, value) for name, value in facts.items()) + head
    start += b"\0" * (-len(start) % ALIGNMENT)
    path.write_bytes(start + data)
    return path
