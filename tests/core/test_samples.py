"""The samples that come with the program."""

import gzip
import json

import pytest

from app.core.paths import SAMPLES, sample_file


@pytest.mark.parametrize("guild", SAMPLES)
def test_a_sample_is_a_server_with_talk(guild: str):
    with gzip.open(sample_file(guild), "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    places = {row["id"]: (at, row["channel"]) for at, row in enumerate(rows)}
    assert len(places) == len(rows) > 1900
    assert {row["guild"] for row in rows} == {guild}
    assert [row["ts"] for row in rows] == sorted(row["ts"] for row in rows)
    for at, row in enumerate(rows):
        if row["reply_to"]:
            before, channel = places[row["reply_to"]]
            assert before < at and channel == row["channel"], row
