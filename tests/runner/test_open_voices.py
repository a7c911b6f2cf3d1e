"""Fused decoding in the loop: a token voice leads, follows learning and forgetting."""

import time

import numpy as np
import pytest

from app.ipc.inference import Generate, GenerateReply
from app.runner.generation import Generation
from app.runner.message_tokens import end_token, message_tokens
from app.runner.open_voices import OpenVoices
from app.runner.sampler import Chooser
from app.runner.scheduler import Scheduler
from app.voice import tokens

SAID = "good morning all"


@pytest.fixture
def loaded(load):
    return load()


@pytest.fixture
def directory(loaded, tmp_path):
    build(loaded.model, tmp_path / "voice", {1: SAID})
    return str(tmp_path / "voice")


def build(model, path, texts):
    rows = [(row, message_tokens(model, text), 3) for row, text in texts.items()]
    tokens.build(path, rows, vocabulary=model.vocabulary, end=end_token(model))


def write(loaded, voices, directory, dial=100, recent=()):
    request = Generate(
        1, "c", "", voice=directory, dial=dial, temperature=0.0, recent=[*recent]
    )
    done: list[GenerateReply] = []
    scheduler = Scheduler(loaded.context, loaded.can_roll_back)
    rng = np.random.default_rng(1)
    chooser = Chooser(loaded.model, request, voices.get(directory), [], rng)
    prompt = loaded.model.tokens("anna: hi\nMynah:", is_start=True)
    scheduler.submit(
        Generation(
            request, prompt, chooser, time.perf_counter(), lambda *_: None, done.append
        )
    )
    while not scheduler.is_idle:
        scheduler.step()
    return done[0]


def test_at_dial_100_the_guild_speaks_alone_and_ends_where_it_ends(loaded, directory):
    done = write(loaded, OpenVoices(loaded.model), directory)
    assert done.text.strip() == SAID
    assert done.finish == "stop"
    assert done.voice_share == 1.0


def test_at_dial_0_the_model_speaks_as_if_there_were_no_voice(loaded, directory):
    voices = OpenVoices(loaded.model)
    with_voice = write(loaded, voices, directory, dial=0)
    without = write(loaded, voices, None, dial=0)
    assert with_voice.text == without.text
    assert with_voice.voice_share == 0.0


def test_what_was_said_lately_is_rather_said_again(loaded, tmp_path):
    texts = {row: SAID for row in range(1, 4)} | {4: "good evening all"}
    build(loaded.model, tmp_path / "voice", texts)
    voices, place = OpenVoices(loaded.model), str(tmp_path / "voice")
    assert write(loaded, voices, place).text.strip() == SAID
    recent = ["good evening all"] * 6
    done = write(loaded, voices, place, recent=recent)
    assert done.text.strip() == "good evening all"


def test_what_is_learned_and_forgotten_is_felt_in_the_next_reply(loaded, directory):
    voices = OpenVoices(loaded.model)
    assert voices.forget(directory, [1, 99]) == 1
    voices.learn(directory, [(2, "see you tomorrow", 3)])
    assert write(loaded, voices, directory).text.strip() == "see you tomorrow"


def test_a_voice_that_was_rebuilt_is_opened_anew(loaded, directory, tmp_path):
    voices = OpenVoices(loaded.model)
    assert write(loaded, voices, directory).text.strip() == SAID
    build(loaded.model, tmp_path / "voice", {7: "something else"})
    assert write(loaded, voices, directory).text.strip() == "something else"


def test_what_was_forgotten_stays_so_though_a_file_still_has_it(
    loaded, directory, tmp_path
):
    voices = OpenVoices(loaded.model)
    voices.forget(directory, [1, 2])
    build(loaded.model, tmp_path / "voice", {1: SAID, 2: "my old words", 7: "hello"})
    assert write(loaded, voices, directory).text.strip() == "hello"
    voices.forget(directory, [7])
    voices.learn(directory, [(2, "my new words", 3)])
    assert write(loaded, voices, directory).text.strip() == "my new words"


def test_a_missing_or_foreign_voice_leaves_the_model_alone(loaded, tmp_path, caplog):
    voices = OpenVoices(loaded.model)
    assert voices.get(str(tmp_path / "none")) is None
    rows = [(1, [5, 6], 3)]
    tokens.build(tmp_path / "other", rows, vocabulary=999, end=3)
    assert voices.get(str(tmp_path / "other")) is None
    assert "another model" in caplog.text
