"""How many layers of a model go to a graphics card."""

import pytest

from app.modelfiles import gguf_header, offload
from tests.runner import tiny

CONTEXT = 2**24


@pytest.fixture
def header(tmp_path):
    return gguf_header.read(tiny.write(tmp_path / "tiny.gguf"))


def test_as_many_layers_are_offloaded_as_the_free_video_memory_takes(header):
    count = offload.all_layers(header)
    assert count == tiny.LAYERS + 1
    needed = header.memory_bytes(CONTEXT)
    fitting = [
        offload.layers_that_fit(header, CONTEXT, int(needed * part))
        for part in (0.0, 0.3, 0.7, 2.0)
    ]
    assert fitting[0] == 0 and fitting[-1] == count
    assert fitting == sorted(fitting) and len(set(fitting)) > 2


def test_what_is_offloaded_with_its_buffers_is_never_more_than_is_free(header):
    each = header.memory_bytes(CONTEXT) / offload.all_layers(header)
    for free in range(0, 2 * header.memory_bytes(CONTEXT), 1 << 28):
        layers = offload.layers_that_fit(header, CONTEXT, free)
        assert layers == 0 or layers * each + offload.BUFFER_BYTES <= free


def test_the_share_of_some_layers_and_of_all(header):
    assert offload.share(header, -1) == offload.share(header, 999) == 1.0
    assert offload.share(header, 0) == 0.0
    assert offload.share(header, 1) == 1 / offload.all_layers(header)
