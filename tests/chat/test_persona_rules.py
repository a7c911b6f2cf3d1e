"""A persona's rules that a machine can check are kept whoever writes the reply."""

import asyncio
from threading import Event

import pytest

from app.chat.best_of_n import BestOf
from app.chat.ladder import Ladder, Rung
from app.chat.persona_rules import PersonaRules, rules_in
from app.chat.prompt_settings import build
from app.core import language
from app.core.language import language_of
from app.core.names import GuildId
from app.providers.base import Completion, Prompt, Turn, Used, WordShare
from app.settings.schema import Config
from app.settings.speech_sections import ReplySettings


@pytest.mark.parametrize(
    ("persona", "rules"),
    [
        ("", PersonaRules()),
        ("a pirate", PersonaRules()),
        ("a German pirate who hates mornings", PersonaRules()),
        ("loves Spanish films and speaks with a French accent", PersonaRules()),
        ("never uses capital letters", PersonaRules("lower")),
        ("Types all lowercase.", PersonaRules("lower")),
        ("writes in lower case", PersonaRules("lower")),
        ("doesn't use capitals", PersonaRules("lower")),
        ("writes in all caps", PersonaRules("upper")),
        ("shouts in capital letters", PersonaRules("upper")),
        ("never writes only capital letters", PersonaRules("lower")),
        ("one sentence", PersonaRules(sentences=1)),
        ("one short sentence", PersonaRules(sentences=1, words=15)),
        ("Says at most 2 sentences", PersonaRules(sentences=2)),
        ("uses no more than 10 words", PersonaRules(words=10)),
        ("answers in one word", PersonaRules(words=1)),
        ("answers in German only", PersonaRules(language="de")),
        ("speaks only French", PersonaRules(language="fr")),
        ("Dutch only, never uses caps", PersonaRules("lower", language="nl")),
        ("never answers in German", PersonaRules()),
        ("999999 sentences", PersonaRules()),
    ],
)
def test_rules_are_found_in_plain_words(persona, rules):
    assert rules_in(persona) == rules


@pytest.mark.parametrize(
    ("persona", "rules"),
    [
        ("writes no more than two sentences", PersonaRules(sentences=2)),
        ("Never write more than 3 sentences.", PersonaRules(sentences=3)),
        ("never writes more than ten words", PersonaRules(words=10)),
        ("one or two sentences", PersonaRules(sentences=2)),
        ("1 to 2 short sentences", PersonaRules(sentences=2, words=30)),
        ("at most 10-12 words", PersonaRules(words=12)),
        ("don’t use capitals", PersonaRules("lower")),
    ],
)
def test_a_limit_is_found_however_it_is_put(persona, rules):
    assert rules_in(persona) == rules


@pytest.mark.parametrize(
    "persona",
    [
        "never writes in lowercase",
        "doesn't type in lower case",
        "never short sentences, always long ones",
        "doesn’t speak German",
        "cannot speak German",
        "isn't speaking in German",
        "writes at least three sentences",
        "more than five sentences",
        "never fewer than three sentences",
    ],
)
def test_what_a_persona_does_not_do_is_no_rule(persona):
    assert rules_in(persona) == PersonaRules()


def test_links_and_emoji_keep_their_case_and_a_text_its_length():
    text = "LOOK İ https://x.test/AbC <:Kappa:123456789012345678> :PogU: ẞß"
    lower = PersonaRules("lower").kept(text)
    assert len(lower) == len(text)
    assert lower.startswith("look ")
    assert "https://x.test/AbC <:Kappa:123456789012345678> :PogU:" in lower
    assert PersonaRules("upper").kept("straße") == "STRAßE"


class Says:
    name = "local"

    def __init__(self, *texts: str) -> None:
        self.texts = [*texts]

    def unavailable(self, prompt):
        return None

    async def write(self, prompt):
        text = self.texts.pop(0)
        yield text
        share = WordShare(text.split()[0], 0.9)
        yield Completion(text, sources=(Used(1, 1, text.split()[0]),), shares=(share,))

    async def close(self):
        pass


def asked(persona: str) -> Prompt:
    return Prompt(GuildId(1), "1:1", "Mynah", (Turn("ann", "hello"),), persona=persona)


async def test_case_and_length_hold_for_what_is_said_and_for_what_explains_it():
    shown: list[str | None] = []
    rungs = [Rung(Says("Hello Ann. How ARE you?")), Rung(Says("unused"))]
    ladder = Ladder(rungs, lambda: 0.0, on_piece=shown.append)
    answer = await ladder.answer(asked("never uses capitals, one sentence"), 9000)
    assert answer.finished.text == "hello ann."
    assert answer.completion.sources[0].run == "hello"
    assert answer.completion.shares[0].word == "hello"
    assert shown == ["hello ann. how are you?"]


async def test_the_chain_keeps_them_too():
    ladder = Ladder([Rung(Says("OH No. Never"))], lambda: 0.0)
    answer = await ladder.answer(asked("types all lowercase, one sentence"), 9000)
    assert answer.finished.text == "oh no."


async def test_of_several_tries_one_in_the_personas_language_is_said():
    async def judge(texts, turns):
        return [1.0 - 0.1 * at for at in range(len(texts))]

    says = Says("I am very happy to see you", "ich freue mich sehr dich zu sehen")
    best = BestOf(says, 2, judge, lambda text: None, lambda: 0.0)
    *_, done = [one async for one in best.write(asked("answers in German only"))]
    assert isinstance(done, Completion)
    assert done.text == "ich freue mich sehr dich zu sehen"


async def test_languages_are_loaded_while_the_lines_are_written(monkeypatch):
    loaded = Event()
    monkeypatch.setattr(language, "load", loaded.set)

    class Waits(Says):
        async def write(self, prompt):
            assert await asyncio.to_thread(loaded.wait, 10)
            async for piece in super().write(prompt):
                yield piece

    async def judge(texts, turns):
        return [1.0 for _ in texts]

    best = BestOf(Waits("ja"), 1, judge, lambda text: None, lambda: 0.0)
    *_, done = [one async for one in best.write(asked("answers in German only"))]
    assert isinstance(done, Completion)
    assert done.text == "ja"


def test_a_limit_of_words_holds_while_the_reply_is_written():
    config = Config(reply=ReplySettings(persona="at most 12 words", max_words=60))
    prompt = build(config, "hybrid", GuildId(1), "c", [Turn("ann", "hello")])
    assert prompt.max_words == prompt.rules.max_words == 12


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ich weiß nicht, was du meinst", "de"),
        ("what do you mean by that", "en"),
        ("je ne sais pas ce que tu veux", "fr"),
        ("lol", ""),
        ("https://example.com/eine/lange/seite", ""),
        ("😀 👍", ""),
    ],
)
def test_a_language_is_named_only_where_a_text_shows_it(text, language):
    assert language_of(text) == language
