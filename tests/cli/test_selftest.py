"""The program's own test of itself."""

import pytest

from tests.cli.commands import answer

pytestmark = pytest.mark.process


def test_the_whole_chain_starts_works_and_stops(home):
    (found,) = answer(home, "selftest")
    assert found["ok"] and len(found["steps"]) == 6
    assert not home.database.exists()
