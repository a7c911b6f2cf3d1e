"""Divides a model between the memory of a graphics card and the computer's."""

from app.modelfiles.gguf_header import Header

USABLE = 0.9
"""The share of the free video memory to plan with."""

BUFFER_BYTES = 256 << 20
"""The video memory for buffers of the computation."""


def all_layers(header: Header) -> int:
    """Return the layers that can be offloaded; the output counts as one."""
    return header.number("block_count") + 1


def layers_that_fit(header: Header, context: int, free_bytes: int) -> int:
    """Return the layers, each with its part of the KV memory, that fit."""
    count = all_layers(header)
    each = header.memory_bytes(context) / count
    return max(0, min(count, int((free_bytes * USABLE - BUFFER_BYTES) / each)))


def share(header: Header, layers: int) -> float:
    """Return the offloaded share of a model; negative layers mean all."""
    count = all_layers(header)
    return 1.0 if layers < 0 else min(layers, count) / count
