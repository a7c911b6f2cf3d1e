"""The list of mutants is up to date, and a tenth of them is tried each day."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests import mutants
from tests.mutants import Mutant

MUTANTS = mutants.every()
DAYS = 10
"""The days until every mutant was tried."""

HARMLESS = Mutant(
    "nothing", "app/core/labels.py", "PLACES: ", "PLACES: ",
    "tests/core/test_sentences.py",
)  # fmt: skip


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with mutants.copied() as path:
        yield path


def test_every_mutant_can_be_tried():
    problems = [problem for one in MUTANTS if (problem := one.problem())]
    assert not problems, "put the code as it is now into tests/mutants.toml"


@pytest.mark.llama  # Some files are collected where it is alone.
@pytest.mark.process
def test_every_test_that_must_fail_is_there():
    """Renamed values of parameters change a test's name."""
    files = sorted({one.test.partition("::")[0] for one in MUTANTS})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *files]
    told = subprocess.run(command, capture_output=True, text=True, cwd=mutants.ROOT)
    there = {name for line in told.stdout.splitlines() for name in _names(line)}
    assert there >= {one.test for one in MUTANTS}


def _names(line: str) -> tuple[str, str]:
    """Return a collected test's name with and without its parameters."""
    return line, line.partition("[")[0]


def test_no_two_mutants_are_alike():
    assert len({(one.file, one.old, one.new) for one in MUTANTS}) == len(MUTANTS)
    assert len({one.promise for one in MUTANTS}) == len(MUTANTS) >= 150


@pytest.mark.parametrize(
    "change",
    [
        {"old": "code that nobody wrote"},
        {"file": "app/nowhere.py"},
        {"test": "tests/nowhere.py::test_it"},
        {"test": "tests/core/test_sentences.py::test_that_nobody_wrote"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_mutant_that_cannot_be_tried_is_told(change: dict[str, str]):
    assert not HARMLESS.problem()
    assert replace(HARMLESS, **change).problem()


@pytest.mark.process
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="some promises are of POSIX alone")
def test_the_tests_notice_the_mutants_whose_day_it_is(copy: Path):
    todays = MUTANTS[date.today().toordinal() % DAYS :: DAYS]
    alive = {one.promise: why for one in todays if (why := one.survives(copy))}
    assert not alive


@pytest.mark.process
def test_a_mutant_that_changes_nothing_survives(copy: Path):
    assert "passed" in HARMLESS.survives(copy)
