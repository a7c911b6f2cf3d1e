from app.cli.eval_voice import hold_out
from app.memory.link_rows import Row


def row(author: str, text: str, channel: str = "a", **more: object) -> Row:
    return {"author": author, "text": text, "channel": channel, **more}


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
