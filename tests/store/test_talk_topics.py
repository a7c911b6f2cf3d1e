"""Topics of a channel's past."""

from collections.abc import Callable

from app.store import messages, talk_topics
from app.store.database import Database

Write = Callable[..., int]


def test_only_what_people_said_at_some_length_is_a_topic(
    db: Database, guild: int, write: Write
) -> None:
    row = write("the boats are out with the tide")
    write("so they are")
    stored = db.call(messages.get, row)
    assert stored is not None
    found = db.call(talk_topics.earlier, guild, stored.channel)
    assert [one.id for one in found] == [row]
