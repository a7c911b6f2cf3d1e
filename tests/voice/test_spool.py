import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from app.voice.spool import chunks, let_go, room_in

SIZE = 32 << 20


def pages() -> int:
    """Bytes of files that are in this process's memory."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if line.startswith("RssFile:")
    )
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="tells its memory in /proc alone")
def test_a_pass_over_an_array_on_disk_leaves_it_there(tmp_path: Path):
    array = room_in(tmp_path)(SIZE, np.uint8)
    before = pages()
    for at, part in chunks(array):
        part[:] = at >> 20
    assert pages() < before + SIZE / 4
    assert [int(part[-1]) for _, part in chunks(array)] == [*range(SIZE >> 20)]
    array[:] = 1
    assert pages() >= before + SIZE
    # A part that begins and ends within a page stays whole, as do its neighbors.
    let_go(array[mmap.PAGESIZE + 1 : -1])
    assert pages() < before + SIZE / 4
    assert array.all()


def test_an_array_in_memory_is_not_touched():
    array = np.arange(10)
    let_go(array[2:5])
    let_go(np.frombuffer(b"12345678", np.int64))
    assert [*array] == [*range(10)]
