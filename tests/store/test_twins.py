"""One message in two formats, with ids of different kinds."""

from collections.abc import Callable

import pytest

from app.core.names import GuildId
from app.store import guilds, members, messages
from app.store.database import Database
from app.store.messages import NewMessage
from app.store.twins import MINUTE_MS, Twins, is_of_content

Write = Callable[..., int]

OF_CONTENT = "0123456789abcdef0123-0"
LATE = 90_012_345
TEXT = "a message of some length"


def test_an_id_of_content_is_told_from_one_of_discord() -> None:
    assert is_of_content(OF_CONTENT)
    assert not is_of_content("1174000000000000001")


def twin(
    db: Database,
    guild: GuildId,
    ts: int,
    text: str = TEXT,
    author: str = "puck",
    channel: str = "stage",
    external: str = OF_CONTENT,
) -> NewMessage:
    place = db.call(guilds.ensure_channel, guild, channel).id
    member = db.call(members.ensure, guild, author, author.title()).id
    return NewMessage(place, member, external, ts, text)


@pytest.mark.parametrize(
    ("change", "is_found"),
    [
        ({}, True),
        ({"author": "iago"}, True),
        ({"text": "other words of that length"}, False),
        ({"channel": "pit"}, False),
        ({"ts": LATE + 1}, False),
        ({"ts": LATE // MINUTE_MS * MINUTE_MS}, True),
        ({"ts": (LATE // MINUTE_MS - 1) * MINUTE_MS}, False),
        ({"external": "1174000000000000009"}, False),
    ],
    ids=str,
)
def test_a_message_is_the_same_by_time_text_and_place(
    db: Database, guild: GuildId, write: Write, change: dict[str, int], is_found: bool
) -> None:
    row = write(TEXT, external="1174000000000000001", ts=LATE)
    made = twin(db, guild, **{"ts": LATE, **change})  # type: ignore[arg-type]
    assert db.call(Twins().find, [made]) == ({0: row} if is_found else {})


def test_a_short_text_needs_its_author_as_well(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("lol", external="1174000000000000001", ts=LATE)
    assert db.call(Twins().find, [twin(db, guild, LATE, "lol", "iago")]) == {}
    assert db.call(Twins().find, [twin(db, guild, LATE, "lol")]) == {0: row}


def test_a_stored_message_is_the_twin_of_one_alone(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [
        write(TEXT, external=f"117400000000000000{number}", ts=LATE)
        for number in range(2)
    ]
    again = [twin(db, guild, LATE, external=f"{OF_CONTENT}{n}") for n in range(3)]
    known = Twins()
    assert db.call(known.find, again) == {0: rows[0], 1: rows[1]}
    assert db.call(messages.count, guild) == 2
