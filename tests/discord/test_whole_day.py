"""A small day of everything; `python -m tests.bench.bench_day` lives a whole one."""

import pytest

from app.core.paths import Home
from tests.day import Scale, live
from tests.day_faults import faults_of


@pytest.mark.process
@pytest.mark.timeout(240)
async def test_every_call_of_a_day_has_one_answer_or_a_reason(home: Home) -> None:
    scale = Scale(messages=80, channels=14, kills=1, outages=1, pause=0.01, calls=4)
    day = await live(home, scale)
    assert faults_of(day) == []
    assert day.counts["kills"] == 1 and len(day.triggers) > 10
    # Which settings and rights hold is drawn; refusals and drafts are outcomes too.
    assert day.counts["calls sent"] > 0
