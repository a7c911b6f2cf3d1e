"""What may be given for tuning, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import (
    comparisons,
    conversations,
    feedback,
    fine_tuning,
    guilds,
    members,
    replies,
    reply_links,
)
from app.store.database import Database
from app.store.reply_links import NewLink
from app.store.tables import Channel, Guild

Write = Callable[..., int]


def test_only_learned_lines_of_people_who_agreed_are_marked(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("no", author="ann", ts=1)
    write("yes", author="ben", ts=2)
    write("!roll", author="ben", ts=3, dropped="command")
    db.call(members.set_allows_tuning, guild, "ben", True)
    channel = db.call(guilds.find_channel, guild, "stage")
    assert channel is not None
    lines = db.call(fine_tuning.lines, channel.id)
    assert [(line.text, line.agreed) for line in lines] == [
        ("no", False), ("yes", True), ("!roll", False),
    ]  # fmt: skip
    db.call(members.set_opted_out, guild, "ben", True)
    assert not any(line.agreed for line in db.call(fine_tuning.lines, channel.id))


def test_an_open_channel_opens_its_threads_and_no_other_guilds(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    stage = db.call(guilds.ensure_channel, guild, "stage", "7").id
    thread = db.call(guilds.ensure_channel, guild, "act one", "8", parent=stage).id
    db.call(guilds.ensure_channel, guild, "pit", "9")
    db.call(guilds.ensure_channel, other, "stage", "10")
    assert db.call(fine_tuning.open_channels, guild, ["7"]) == [stage, thread]
    assert db.call(fine_tuning.open_channels, guild, ["stage"]) == [stage, thread]
    assert db.call(fine_tuning.open_channels, guild, []) == []


def test_channels_that_not_everyone_can_see_are_not_open_for_tuning(
    db: Database, guild: GuildId
) -> None:
    stage, pit, box = (
        db.call(guilds.ensure_channel, guild, name, name).id
        for name in ("stage", "pit", "box")
    )
    talk = db.call(guilds.ensure_channel, guild, "talk", "1", parent=stage).id
    aside = db.call(guilds.ensure_channel, guild, "aside", "2", parent=stage).id
    case = db.call(guilds.ensure_channel, guild, "case", "3", parent=pit).id

    def tell_readers() -> None:
        told = {stage: False, pit: True, talk: False, aside: True, case: False}
        for channel, is_private in told.items():
            change = Channel.update(is_private=is_private)
            change.where(Channel.id == channel).execute()

    db.call(tell_readers)
    names = ["stage", "pit", "box", "case"]
    # Nobody reads them on Discord before the bot is there.
    assert db.call(fine_tuning.open_channels, guild, names) == [stage, box, talk]
    db.call(name_on_discord, guild)
    # The readers of the box are not known yet.
    assert db.call(fine_tuning.open_channels, guild, names) == [stage, talk]


def name_on_discord(guild: GuildId) -> None:
    Guild.update(discord_id="77").where(Guild.id == guild).execute()


def test_a_reworded_draft_gives_a_good_and_a_bad_example(
    db: Database, guild: GuildId
) -> None:
    def reply(text: str) -> int:
        row = db.call(replies.claim, guild, None, "say")
        assert row is not None
        db.call(replies.finish, row, {"state": "sent", "text": text}, [])
        return row

    changed, better, worse = reply("new words"), reply("better"), reply("worse")
    reply("nobody said anything")
    db.call(feedback.rate, changed, "owner", -1, "edited", "old words")
    db.call(comparisons.add, guild, better, worse, 1)
    found = db.call(fine_tuning.judged, guild)
    assert [(one.text, one.rating) for one in found] == [
        ("old words", -1), ("new words", 1), ("better", 1), ("worse", -1),
    ]  # fmt: skip


def test_a_reply_that_knew_a_summary_is_no_example(
    db: Database, guild: GuildId, write: Write
) -> None:
    """Nobody can tell whose words are in it, or whether they agreed."""
    row = write("the zebra sleeps")
    db.call(reply_links.put_many, [NewLink(row, None, row, 1.0)])
    assert db.call(conversations.summarise, row, "a zebra sleeps", [row], 0)
    for summary in (row, None):
        reply = db.call(replies.claim, guild, None, "say")
        assert reply is not None
        fields = {"text": f"known {summary}", "state": "made", "summary_of": summary}
        assert db.call(replies.finish, reply, fields) is not None
        db.call(feedback.rate, reply, "ann", 1)
    assert [one.text for one in db.call(fine_tuning.judged, guild)] == ["known None"]
