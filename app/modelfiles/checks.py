"""Rejects models and adapters that could crash llama.cpp or cannot be loaded here."""

from pathlib import Path

import psutil

from app.modelfiles import model_kinds
from app.modelfiles.gguf_header import GgufError, Header, cached


def check(path: Path, context: int, gpu_share: float = 0.0, spare: int = 0) -> Header:
    """Return the file's header, if the model can be loaded here.

    Args:
        gpu_share: The share of the model that goes into video memory.
        spare: Bytes of memory that will become free.

    Raises:
        GgufError: If it is not a whole GGUF file, is not a language model, or needs too
            much memory.
    """
    header = check_kind(path)
    needed = int(header.memory_bytes(context) * (1 - gpu_share))
    free = psutil.virtual_memory().available + spare
    if needed > free:
        raise GgufError(
            f"{path.name} needs about {_gigabytes(needed)} of memory,"
            f" and {_gigabytes(free)} are free.",
            "Use a smaller model, or a smaller model.context.",
        )
    return header


def check_kind(path: Path) -> Header:
    """Return the header of a whole language model.

    Raises:
        GgufError: If it is another kind of file, or not whole.
    """
    model_kinds.check_name(path)
    header = cached(path)
    if not header.can_write:
        raise GgufError(
            f"{path.name} is a model for embeddings and cannot write.",
            "Choose a language model.",
        )
    return model_kinds.check_whole(path, header)


def check_adapter(path: Path, model: Path) -> None:
    """Check from both headers that a LoRA adapter fits a model.

    Raises:
        GgufError: If it does not fit; the message says where.
    """
    adapter, base = cached(path), cached(model)
    if adapter.metadata.get("general.type") != "adapter":
        raise GgufError(
            f"{path.name} is not a LoRA adapter.", "Choose the GGUF file of an adapter."
        )
    misfit = _misfit(adapter, base)
    if misfit:
        raise GgufError(
            f"The adapter {path.name} does not fit {model.name}: {misfit}.",
            "An adapter must be trained from this exact model.",
        )


def check_projector(path: Path, model: Path) -> Header:
    """Return the header of a projector that fits a model.

    Raises:
        GgufError: If it is none, or made for another model.
    """
    header, base = cached(path), cached(model)
    if not model_kinds.is_projector(header):
        raise GgufError(
            f"{path.name} is not a projector for pictures.",
            "Choose the mmproj file that was published with the model.",
        )
    width = header.metadata.get("clip.vision.projection_dim")
    if width != base.number("embedding_length"):
        raise GgufError(
            f"The projector {path.name} does not fit {model.name}.",
            "Choose the mmproj file that was published with the model.",
        )
    return header


def _misfit(adapter: Header, base: Header) -> str:
    """Return why an adapter does not fit; empty when it does."""
    if adapter.architecture != base.architecture:
        return f"it is made for {adapter.architecture}, not {base.architecture}"
    halves = {name for name in adapter.tensors if name.endswith((".lora_a", ".lora_b"))}
    for name in sorted({half[: -len(".lora_a")] for half in halves}):
        if name not in base.tensors:
            return f"the model has no {name}"
        shapes = [adapter.tensors.get(f"{name}.lora_{half}", ())[:2] for half in "ab"]
        if any(len(shape) < 2 for shape in shapes):
            return f"one half of {name} is missing"
        (inner, rank), (other_rank, outer) = shapes
        if name == "token_embd.weight":
            (rank, outer), (other_rank, inner) = shapes
        if (inner, outer) != base.tensors[name][:2] or rank != other_rank:
            return f"{name} has another size"
    return ""


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GB"
