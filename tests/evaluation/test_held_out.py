"""Messages held out from what a server learned, each with the turns before it."""

from app.cli import main
from app.evaluation.annotated_chat import Row
from app.evaluation.held_out import before_of, hold_out, read_held_out
from app.store import guilds
from app.store.database import Database


def row(
    author: str,
    text: str,
    channel: str = "a",
    *,
    bot: bool = False,
    system: bool = False,
) -> Row:
    return {
        "author": author,
        "text": text,
        "channel": channel,
        "bot": bot,
        "system": system,
    }


def test_a_message_is_scored_after_the_turns_of_its_channel():
    rows = [row("Ann", "one"), row("Bo", "other", "b"), row("Cy", "two")]
    held = list(hold_out(rows, {}, 8))
    assert [one.text for one in held] == ["one", "other", "two"]
    assert held[1].turns == []
    assert held[2].turns == [("Ann", "one")]


def test_what_the_guild_said_before_the_file_is_the_prompt_of_its_first_rows():
    before = {"a": [row("Ann", "old"), row("Bo", "older")]}
    (held,) = hold_out([row("Cy", "new")], before, 8)
    assert held.turns == [("Ann", "old"), ("Bo", "older")]


def test_no_more_turns_than_asked_for():
    rows = [row("Ann", str(number)) for number in range(5)]
    assert list(hold_out(rows, {}, 2))[-1].turns == [("Ann", "2"), ("Ann", "3")]


def test_bots_are_context_and_joins_are_nothing():
    rows = [row("Bot", "beep", bot=True), row("", "joins", system=True), row("A", " ")]
    (held,) = hold_out([*rows, row("Ann", "hi")], {}, 8)
    assert held.turns == [("Bot", "beep")]
    assert held.text == "hi"


def test_a_file_of_odd_lines_is_read_as_far_as_it_has_messages(tmp_path):
    odd = ["", "no json", "[1]", '{"text": null}', '{"text": 7}', '{"author": "Ann"}']
    good = ['{"text": "hi"}', '{"text": "ho", "author": null, "ts": "never"}']
    file = tmp_path / "held.jsonl"
    file.write_bytes("\n".join([*odd, *good]).encode() + b"\n\xff{\n")
    rows = read_held_out(file)
    assert [row["text"] for row in rows] == ["hi", "ho"]
    first, second = hold_out(rows, {}, 8)
    assert (first.name, second.turns) == ("someone", [("someone", "hi")])


def test_what_people_wrote_before_those_turns_is_there_as_well():
    said = ["one", "two", "three", "four"]
    rows = [row("Ann", text, bot=text == "two") for text in said]
    before = {"a": [row("Bo", "older"), row("Bo", "old")]}
    *_, last = hold_out(rows, before, 1, 3)
    assert last.turns == [("Ann", "three")]
    assert last.recent == ["old", "one"]


def test_rows_without_channel_or_time_go_on_after_the_newest_of_the_guild(
    home, tmp_path
):
    learned = tmp_path / "learned.jsonl"
    learned.write_text('{"text": "old one", "author": "Ann"}')
    assert main(["--home", str(home.root), "import", "den", str(learned)]) == 0
    with Database(home.database, read_only=True) as database:
        guild = database.call(guilds.find, "den")
        assert guild is not None
        rows: list[Row] = [{"text": "new", "ts": "never"}]
        before = database.call(before_of, guild.id, rows, 8)
    assert before == {"general": [{"author": "Ann", "text": "old one", "bot": False}]}
