"""PostgreSQL's index of messages, which its server may not have."""

import logging

import pytest

from app.store.database import Database, bound
from app.store.search import message_trigrams


@pytest.fixture
def engine() -> str:
    return "postgresql"


def test_without_the_extension_searches_go_on_and_the_log_says_why(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def has_extension() -> bool:
        sought = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
        return bound().execute_sql(sought).fetchone() is not None

    def indexes() -> list[str]:
        return [one.name for one in bound().get_indexes("message")]

    def again() -> None:
        bound().execute_sql("DROP INDEX IF EXISTS message_trigrams")
        with bound().atomic():
            message_trigrams.create(bound())
            bound().execute_sql("SELECT 1")

    with caplog.at_level(logging.WARNING):
        db.call(again)
    has = db.call(has_extension)
    assert ("message_trigrams" in db.call(indexes)) is has
    assert ("pg_trgm" in caplog.text) is not has


def test_the_index_needs_no_care() -> None:
    assert message_trigrams.extend(None, 5) == 0  # type: ignore[arg-type]
    assert not message_trigrams.merge(None, begins=True)  # type: ignore[arg-type]
    assert message_trigrams.match_query(None, ["word"]) is None  # type: ignore[arg-type,func-returns-value]
