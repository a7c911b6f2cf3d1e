"""No reply repeats what was just said, nor what the bot said lately."""

from random import Random

import pytest

from app.providers.base import Completion, Turn
from app.replies.guild_habits import LATELY, StaleLines
from app.store.database import Database
from tests.replies.test_replier import Bench, Clock, Remembered


@pytest.fixture
def database(home):
    with Database(home.database) as database:
        yield database


@pytest.fixture
def bench(home, database):
    return Bench(home, database)


@pytest.mark.parametrize("said", ["hi", "HI!", "and now?", "lol", "🎉", "yes it is so"])
async def test_a_model_that_says_the_same_as_was_just_said_is_not_sent(bench, said):
    bench.local.text = said
    made = await bench.replier.reply(bench.ask(said.lower(), mode="llm"))
    assert made.answer.provider == "markov"
    assert made.answer.rungs[0].reason == "it repeated what was just said"


async def test_a_model_knows_beforehand_what_it_is_not_to_say(bench):
    bench.hear("bob", "the weather is fine here today")
    for text in ("one", "two", "three"):
        bench.hear("bob", text)
    await bench.replier.reply(bench.ask("Are you well?", mode="llm"))
    (prompt,) = bench.local.prompts
    near = {"two", "three", "are you well"}
    assert prompt.unsaid == {*near, "the weather is fine here today"}


async def test_of_several_lines_a_new_one_is_chosen(bench):
    await bench.settings.change("reply.candidates", "2")
    bench.hear("bob", "the weather is fine here today")
    texts = ["sure", "sure", "perhaps"]
    first = await bench.replier.reply(bench.ask("are you well?", mode="hybrid"))

    async def write(prompt):
        bench.local.prompts.append(prompt)
        text = first.answer.finished.text if len(texts) % 2 else "perhaps"
        texts.pop()
        yield text
        yield Completion(text)

    bench.local.write = write
    again = await bench.replier.reply(bench.ask("are you well?", mode="hybrid"))
    assert again.answer.finished.text == "perhaps"


async def test_what_was_said_lately_is_known_for_a_while(bench, database):
    lines = StaleLines(database, Random(1), Clock())
    lines.note(bench.guild, "So it goes.")
    assert lines.was_said(bench.guild)("so it goes")
    assert not lines.was_said(bench.guild + 1)("so it goes")
    just_said = await lines.just_said(bench.guild, [Turn("ann", "Hello there!")])
    assert just_said == {"hello there"}
    for number in range(LATELY):
        lines.note(bench.guild, f"line {number}")
    assert not lines.was_said(bench.guild)("so it goes")


async def test_where_people_repeat_each_other_the_bot_does_as_often(bench, database):
    for number in range(60):
        for author in ("ann", "bob"):
            bench.hear(author, f"gg {number}")
    lines = StaleLines(database, Random(1), Clock())
    turns = [Turn("ann", "gg")]
    asked = [await lines.just_said(bench.guild, turns) for _ in range(200)]
    assert 60 < asked.count(frozenset()) < 140
    assert asked.count(frozenset({"gg"})) == 200 - asked.count(frozenset())


async def test_a_word_said_in_spoilers_alone_is_said_in_them(bench):
    bench.hear("bob", "the dog is fine here today")
    bench.local.text = "the dog was a Ghost"
    made = await bench.replier.reply(bench.ask("omg ||a ghost dog||", mode="llm"))
    assert made.answer.finished.text == "the dog was ||a Ghost||"


async def test_a_spoiler_of_a_recalled_moment_stays_one(home, database):
    moment = (Turn("bob", "omg ||a ghost dog||", message=3),)
    bench = Bench(home, database, Remembered([moment]))
    for line in ("hi", "hello", "the dog is fine here today"):
        bench.hear("bob", line)
    bench.local.text = "the dog was a Ghost"
    made = await bench.replier.reply(bench.ask("who was it?", mode="hybrid"))
    assert made is not None
    assert made.answer.finished.text == "the dog was ||a Ghost||"


async def test_a_text_is_not_shown_while_it_is_written_when_it_may_tell_a_spoiler(
    bench,
):
    bench.hear("bob", "the dog is fine here today")
    bench.local.text = "the dog was a Ghost"
    shown: list[str | None] = []
    for asked in ("who was it?", "omg ||a ghost dog||"):
        request = bench.ask(asked, mode="llm")
        await bench.replier.reply(request, shown.append)
    assert shown == ["the dog was a Ghost"]


async def test_a_link_is_one_that_somebody_wrote_or_is_left_out(bench):
    bench.hear("bob", "look at https://a.example/boats today")
    bench.local.text = "see https://a.example/boats or https://a.example/made/up now"
    made = await bench.replier.reply(bench.ask("where are they?", mode="llm"))
    assert made.answer.finished.text == "see https://a.example/boats or now"
    bench.local.text = "oh it is https://b.example/x, thanks"
    made = await bench.replier.reply(bench.ask("so https://b.example/x?", mode="llm"))
    assert "https://b.example/x" in made.answer.finished.text
    bench.local.text = "https://b.example/made/up/again"
    made = await bench.replier.reply(bench.ask("and who are you?", mode="llm"))
    assert made.answer.provider == "markov"
