"""Links between messages, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import forgetting, members, reply_links
from app.store.database import Database

Write = Callable[..., int]


def test_links_are_replaced_not_doubled(db: Database, write: Write) -> None:
    first, second = write("who's there?"), write("nay, answer me")
    db.call(reply_links.put_many, [reply_links.NewLink(first, None, first, 1.0)])
    link = reply_links.NewLink(second, first, first, 0.5)
    db.call(reply_links.put_many, [link])
    db.call(reply_links.put_many, [link._replace(score=0.9)])
    assert db.call(reply_links.get, second) == link._replace(score=0.9)
    assert db.call(reply_links.conversation, first) == [first, second]


def test_what_is_gone_or_opted_out_gets_no_link(
    db: Database, guild: GuildId, write: Write
) -> None:
    kept, gone, silent = write("kept"), write("gone"), write("mine", author="iago")
    db.call(forgetting.delete, guild, [gone])
    db.call(members.set_opted_out, guild, "iago", True)
    links = [reply_links.NewLink(row, None, kept, 1.0) for row in (kept, gone, silent)]
    db.call(reply_links.put_many, links)
    assert db.call(reply_links.conversation, kept) == [kept]
    assert db.call(reply_links.get, silent) is None
