import threading
from random import Random

import pytest

from app.core.names import GuildId
from app.providers.base import Completion, Prompt, Turn
from app.providers.markov import NOTHING_LEARNED, MarkovProvider
from app.voice.voice import Voice

LINES = [
    "the cat sat on the mat today",
    "the dog sat on the sofa all day",
    "a cat ate the fish on the sofa",
    "my dog likes the fish and the cat",
    "we sat in the garden all day long",
]


def provider(voice: Voice) -> MarkovProvider:
    async def open_voice(guild: GuildId) -> Voice:
        return voice

    return MarkovProvider(open_voice, Random(3))


async def write(voice: Voice, text: str = "", seed: str | None = None):
    prompt = Prompt(GuildId(1), "1:1", "Mynah", (Turn("ann", text),), seed=seed)
    items = [item async for item in provider(voice).write(prompt)]
    done = items[-1]
    assert isinstance(done, Completion)
    assert "".join(str(item) for item in items[:-1]) == done.text
    return done


def taught() -> Voice:
    voice = Voice.empty()
    for row, line in enumerate(LINES, start=1):
        voice.learn(row, line)
    return voice


async def test_with_nothing_learned_it_says_so_in_a_human_way():
    done = await write(Voice.empty())
    assert done.text in NOTHING_LEARNED
    assert done.notes


async def test_every_source_holds_the_run_that_was_taken_from_it():
    done = await write(taught())
    assert done.sources
    for used in done.sources:
        assert used.run in LINES[used.message - 1]
        assert len(used.run.split()) == used.words


async def test_a_seed_is_in_the_line():
    assert "garden" in (await write(taught(), seed="garden")).text


async def test_the_topic_of_the_last_turn_is_taken_up():
    assert "fish" in (await write(taught(), "did anybody see fish?")).text


async def test_an_unknown_topic_is_no_note_but_an_unknown_seed_is():
    assert not any(
        "start from" in note for note in (await write(taught(), "zebra")).notes
    )
    done = await write(taught(), seed="zebra")
    assert any("start from" in note for note in done.notes)


@pytest.mark.parametrize("channels", [None, frozenset([0])])
async def test_the_event_loop_goes_on_while_the_chain_walks(monkeypatch, channels):
    threads = []
    real = Voice.speak

    def speak(self, *args, **options):
        threads.append(threading.current_thread())
        return real(self, *args, **options)

    monkeypatch.setattr(Voice, "speak", speak)
    prompt = Prompt(GuildId(1), "1:1", "M", (), channels=channels)
    [_ async for _ in provider(taught()).write(prompt)]
    assert threads
    assert threading.main_thread() not in threads


async def test_a_line_that_was_just_said_is_made_anew():
    voice = taught()
    known = (await write(voice)).text
    prompt = Prompt(GuildId(1), "1:1", "Mynah", (), is_stale=lambda text: text == known)
    said = [item async for item in provider(voice).write(prompt)][-1]
    assert isinstance(said, Completion)
    assert said.text != known


async def test_the_same_question_has_many_different_answers():
    teller, lines = provider(taught()), list[object]()
    for _ in range(15):
        prompt = Prompt(
            GuildId(1),
            "1:1",
            "Mynah",
            (Turn("ann", "does the cat or the dog like fish on the sofa?"),),
            is_stale=lambda text: text in lines,
        )
        lines.append([item async for item in teller.write(prompt)][0])
    assert len(set(lines)) >= 12
