"""A guild of several languages is answered in the language of the talk."""

from dataclasses import replace

import pytest

from app.core import language
from app.replies import guild_languages
from app.store import guilds
from app.store.database import Database
from tests.replies.test_replier import Bench

ENGLISH = (
    "the boats of the harbour are late again number {0} and nobody knows why it is"
)
GERMAN = (
    "die boote im hafen kommen heute wieder zu spät nummer {0} und niemand weiß warum"
)


@pytest.fixture
def database(home):
    with Database(home.database) as database:
        yield database


@pytest.fixture
def bench(home, database):
    return Bench(home, database)


def hear(bench, **places):
    for place, line in places.items():
        for number in range(60):
            bench.hear("bob", line.format(number), place=place)


def row_of(bench, name):
    return bench.database.call(guilds.find_channel, bench.guild, name).id


async def ask(bench, place, text):
    await bench.replier.prepare(bench.guild)
    asked = replace(bench.ask(text, mode="llm"), channel=row_of(bench, place))
    return await bench.replier.reply(asked)


async def test_it_draws_on_the_channels_of_the_talks_language(bench):
    hear(bench, general=ENGLISH, port=ENGLISH, hafen=GERMAN)
    await ask(bench, "hafen", "weißt du warum das boot noch nicht da ist?")
    assert bench.local.prompts[-1].language == "de"
    assert bench.local.prompts[-1].channels == {row_of(bench, "hafen")}
    await ask(bench, "general", "ok?")
    assert bench.local.prompts[-1].language == "en"
    english = {row_of(bench, name) for name in ("general", "port")}
    assert bench.local.prompts[-1].channels == english


async def test_what_is_said_in_another_language_is_not_sent(bench):
    hear(bench, general=ENGLISH, port=ENGLISH, hafen=GERMAN)
    bench.local.text = "nobody here has seen any of these old boats since last week"
    made = await ask(bench, "hafen", "weißt du warum das boot noch nicht da ist?")
    assert made.answer.rungs[0].reason == "it was in another language"
    assert made.answer.provider == "markov"
    assert made.answer.prompt.channels == {row_of(bench, "hafen")}
    bench.local.text = "das hat hier in der letzten woche bestimmt niemand gesehen"
    made = await ask(bench, "hafen", "und hast du es jetzt endlich gesehen?")
    assert made.answer.provider == "local"


async def test_where_all_write_alike_nothing_is_loaded_to_tell(bench, monkeypatch):
    hear(bench, general=ENGLISH, port=ENGLISH)
    monkeypatch.setattr(language, "_identifier", None)
    await ask(bench, "general", "do you know why it is late?")
    assert bench.local.prompts[-1].language == ""
    assert bench.local.prompts[-1].channels is None


async def test_a_personas_language_goes_first(bench):
    hear(bench, general=ENGLISH, port=ENGLISH, hafen=GERMAN)
    await bench.settings.change("reply.persona", "answers in French only")
    await ask(bench, "hafen", "weißt du warum das boot noch nicht da ist?")
    assert bench.local.prompts[-1].language == ""


SLOVAK = "antena na streche ma dobry dosah cislo {0} a nikto nevie preco je to tak"


async def test_a_talk_is_in_a_language_that_is_spoken_here(bench):
    """The line alone could be Czech, Slovak or Slovenian."""
    hear(bench, general=ENGLISH, port=ENGLISH, strecha=SLOVAK)
    await ask(bench, "strecha", "ahoj, predpokladam ze antena je s citlivostou")
    assert bench.local.prompts[-1].language == "sk"
    assert bench.local.prompts[-1].channels == {row_of(bench, "strecha")}


async def test_until_they_are_known_anew_the_languages_are_those_of_before(
    bench, monkeypatch
):
    hear(bench, general=ENGLISH, port=ENGLISH, hafen=GERMAN)
    await ask(bench, "hafen", "weißt du warum das boot noch nicht da ist?")
    monkeypatch.setattr(guild_languages, "KEPT_SECONDS", -1.0)
    monkeypatch.setattr(guild_languages, "PATIENCE_SECONDS", 0.0)
    asked = replace(bench.ask("und jetzt?", mode="llm"), channel=row_of(bench, "hafen"))
    await bench.replier.reply(asked)
    assert bench.local.prompts[-1].channels == {row_of(bench, "hafen")}


async def test_a_few_lines_of_the_language_are_enough_to_speak_from(bench):
    hear(bench, general=ENGLISH, hafen=GERMAN)
    for number in range(15):
        bench.hear("bob", SLOVAK.format(number), place="strecha")
    await ask(bench, "strecha", "ahoj, predpokladam ze antena je s citlivostou")
    assert bench.local.prompts[-1].channels == {row_of(bench, "strecha")}
