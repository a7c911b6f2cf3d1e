"""The explanation of a reply: its row, and the messages that it names."""

from collections.abc import Callable
from typing import Any

from app.core.explanation import Explanation, RungOutcome
from app.core.names import GuildId
from app.store import feedback, forgetting, replies
from app.store.database import Database
from app.store.reply import reply_explanations
from app.store.reply.reply_sources import SourceMessage

Write = Callable[..., int]


def explained(db: Database, guild: GuildId, **fields: Any) -> Explanation:
    sources = fields.pop("sources", ())

    def make() -> Explanation | None:
        row = replies.claim(guild, None, "say")
        assert row is not None
        replies.finish(row, {"state": "made", **fields}, sources)
        feedback.rate(row, "ann", 1)
        return reply_explanations.explained(row)

    found = db.call(make)
    assert found is not None
    return found


def test_it_names_what_was_drawn_on_and_recalled_the_longest_run_first(
    db: Database, guild: GuildId, write: Write
):
    one, two, old = write("a b"), write("c d e", "ann"), write("long ago", "ann")
    found = explained(
        db,
        guild,
        text="c d e a b",
        rungs=[{"provider": "openai", "outcome": "skipped", "reason": "off", "ms": 1}],
        turns=[["Puck", "hi", one], ["Ann", "ho", None]],
        recalled=[old],
        prompt_tokens=9,
        completion_tokens=4,
        sources=[
            SourceMessage(one, 2, "a b"),
            SourceMessage(two, 3, "c d e"),
        ],
    )
    assert [(m.author, m.text, m.run) for m in found.sources] == [
        ("Ann", "c d e", "c d e"),
        ("Puck", "a b", "a b"),
    ]
    assert [(m.message, m.text) for m in found.moments] == [(old, "long ago")]
    assert found.turns == [["Puck", "hi"], ["Ann", "ho"]]
    assert found.rungs == [RungOutcome("openai", "skipped", "off", 1)]
    assert (found.tokens.prompt, found.tokens.completion, found.rating) == (9, 4, 1)


def test_a_forgotten_message_explains_nothing(
    db: Database, guild: GuildId, write: Write
):
    gone = write("a secret")
    found = explained(db, guild, sources=[SourceMessage(gone, 2, "a secret")])
    assert [m.text for m in found.sources] == ["a secret"]
    db.call(forgetting.delete, guild, [gone])
    after = db.call(reply_explanations.explained, found.id)
    assert after is not None and after.sources == []


def test_no_reply_has_no_explanation(db: Database):
    assert db.call(reply_explanations.explained, 7) is None
