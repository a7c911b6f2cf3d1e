"""The list of mutants is up to date, and a tenth of them is tried each day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests import mutants

MUTANTS = mutants.every()
TODAYS = MUTANTS[date.today().toordinal() % 10 :: 10]


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with mutants.copied() as path:
        yield path


def test_every_mutant_can_be_tried():
    assert not [problem for one in MUTANTS if (problem := one.problem())]


def test_no_two_mutants_are_alike():
    assert len({(one.file, one.old, one.new) for one in MUTANTS}) == len(MUTANTS)


@pytest.mark.process
@pytest.mark.parametrize("mutant", TODAYS, ids=lambda mutant: mutant.promise)
def test_a_test_notices_the_mutant(mutant: mutants.Mutant, copy: Path):
    assert not mutant.survives(copy)


def test_a_mutant_that_changes_nothing_survives(copy: Path):
    harmless = mutants.Mutant(
        "nothing", "app/core/labels.py", '"""', '"""', "tests/core/test_time_units.py"
    )
    assert "passed" in harmless.survives(copy)
