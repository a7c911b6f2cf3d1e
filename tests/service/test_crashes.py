"""kill -9 at random moments; `tests/bench/bench_crashes.py` does it for longer."""

from pathlib import Path
from random import Random

import pytest

from tests.service.crash_loop import loop

pytestmark = pytest.mark.process


async def test_after_every_kill_the_voice_is_as_the_database_says(
    tmp_path: Path,
) -> None:
    said = await loop(tmp_path, 4, Random(7), longest=1.5)
    assert len(said) == 4
