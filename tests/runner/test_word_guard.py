"""No invented numbers and names, and no line that goes round in circles."""

import numpy as np
import pytest

from app.ipc.inference import Generate
from app.runner.sampler import Chooser
from app.runner.word_guard import endless, kind_of
from app.voice import tokens
from app.voice.tokens import TokenVoice


def voice_of(directory, model, *texts):
    rows = [(row, model.tokens(text), 1) for row, text in enumerate(texts, 1)]
    end = model.tokens("\n")[-1]
    tokens.build(directory, rows, vocabulary=model.vocabulary, end=end)
    return TokenVoice.open(directory)


def written(model, start, wish, steps, *, prompt="", voice=None, channels=None):
    """Return what a model writes that always wants the wish's next character."""
    request = Generate(1, "c", prompt, temperature=0.0, dial=50 if voice else 0)
    request.__dict__["channels"] = channels
    rng = np.random.default_rng(1)
    chooser = Chooser(model, request, voice, model.tokens(prompt), rng)
    line = model.tokens(start)
    for step in range(steps):
        logits = np.full(model.vocabulary, -20, np.float32)
        logits[model.tokens(wish[step % len(wish)])[-1]] = 20
        logits[model.tokens(" ")[-1]] = 0
        line.append(chooser.choose(logits, line, may_end=True))
    return b"".join(map(model.piece, line)).decode()


def test_a_long_number_that_nobody_wrote_ends(load):
    model = load().model
    assert written(model, " @member", "0126266577", 10).startswith(" @member012 ")
    assert written(model, " in ", "20267531", 8).startswith(" in 2026 ")


@pytest.mark.parametrize("place", ["prompt", "voice"])
def test_a_long_number_that_was_written_is_whole(load, place, tmp_path):
    model = load().model
    said = "anna: call 12345678 now\n" if place == "prompt" else ""
    voice = voice_of(tmp_path, model, " call 12345678 now") if not said else None
    made = written(model, " it is ", "123456789", 9, prompt=said, voice=voice)
    assert made.startswith(" it is 12345678 ")


def test_a_number_of_a_hidden_channel_stays_unsaid(load, tmp_path):
    model = load().model
    voice = voice_of(tmp_path, model, " call 12345678 now")
    made = written(model, " it is ", "12345678", 8, voice=voice, channels=[2])
    assert made.startswith(" it is 1234 ")


def test_a_number_that_was_written_ends_where_it_ended(load, tmp_path):
    model = load().model
    voice = voice_of(tmp_path, model, " call 12345678 now")
    assert written(model, " it is 12345", " ", 4, voice=voice) == " it is 12345678 "
    assert written(model, " it is 1234", " ", 1, voice=voice) == " it is 1234 "


def test_a_link_that_nobody_wrote_does_not_begin(load):
    model = load().model
    assert "://" not in written(model, " see ", "https://a.example/b", 19)
    assert "www." not in written(model, " see ", "www.example.com", 15)


@pytest.mark.parametrize("wish", ["x", " ", "/"])
@pytest.mark.parametrize("place", ["prompt", "voice"])
def test_a_link_that_was_written_is_whole(load, place, wish, tmp_path):
    model = load().model
    link = "https://a.example/b-c"
    said = f"anna: see {link} now\n" if place == "prompt" else ""
    voice = voice_of(tmp_path, model, f" see {link}") if not said else None
    rest = link.removeprefix("https:/")
    made = written(
        model, " at https:/", f"/{wish}", len(rest) + 2, prompt=said, voice=voice
    )
    assert made.split()[1] == link


def test_a_link_of_a_hidden_channel_does_not_begin(load, tmp_path):
    model = load().model
    voice = voice_of(tmp_path, model, " see https://a.example/b")
    wish = "https://a.example/b"
    made = written(model, " at ", wish, len(wish), voice=voice, channels=[2])
    assert "://" not in made


@pytest.mark.parametrize("start", ["明日は3", "오전오후3", "@member0123"])
def test_scripts_without_blanks_go_on_after_a_number_or_a_name(load, start):
    model = load().model
    # The tiny models spell these signs byte by byte.
    chooser = Chooser(
        model, Generate(1, "c", "", temperature=0.0), None, [], np.random.default_rng(1)
    )
    logits = np.full(model.vocabulary, -20, np.float32)
    (wanted,) = (t for t in range(model.vocabulary) if model.piece(t) == b"\xe6")
    logits[wanted] = 20
    assert chooser.choose(logits, model.tokens(start), may_end=True) == wanted


def test_a_number_after_such_a_script_is_held_to_what_exists(load):
    made = written(load().model, " 電話は", "0126266577", 10)
    assert made.startswith(" 電話は0126 ")


def test_a_line_does_not_go_round_in_circles(load):
    made = written(load().model, " ", "hi-", 60)
    assert made.count("hi-") < 20
    assert " " in made.strip()


@pytest.mark.parametrize(
    ("line", "token"),
    [
        ([], None),
        ([5] * 7, None),
        ([5] * 8, 5),
        ([0] * 8, 0),
        ([9, 1, 2, 1, 2], None),
        ([9, 1, 2, 1, 2, 1, 2], 1),
        ([1, 2, 3, 1, 2, 3, 1, 2, 3], 1),
    ],
)
def test_a_circle_is_seen_after_some_rounds(line, token):
    assert endless(line) == token


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (b"2026", "digits"),
        (b"202", ""),
        (b"internationally", ""),
        (b"@member012", "word"),
        (b"a1b2c3d4e5f6", "word"),
        ("Müllersbäume".encode(), ""),
        (b"OdoBreadSoup", "word"),
        (b"dark_lord_x", "word"),
        (b"https://a", "link"),
        (b"<https://a", "link"),
        (b"www.a", "link"),
        (b"INTERNATIONALLY", ""),
    ],
)
def test_only_numbers_and_names_are_held_to_what_exists(word, kind):
    assert kind_of(word) == kind
