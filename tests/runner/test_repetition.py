"""A line repeats neither itself nor its prompt word for word."""

from collections.abc import Sequence

import numpy as np
import pytest

from app.ipc.inference import Generate
from app.runner import sampler
from app.runner.repetition import Repetition, Word
from app.voice import tokens

TALK = "ann: the boats are all out at sea today\n"


class Words:
    """A vocabulary of whole words, each with the blank before it."""

    def __init__(self) -> None:
        self._known: list[bytes] = []

    def tokens(self, text: str) -> list[int]:
        pieces = [f" {one}".encode() for one in text.split(" ") if one]
        self._known += [one for one in pieces if one not in self._known]
        return [self._known.index(one) for one in pieces]

    def piece(self, token: int) -> bytes:
        return self._known[token]


def banned(prompt: str, line: str) -> set[str]:
    model = Words()
    repetition = Repetition(model, prompt, "bot:")  # type: ignore[arg-type]
    found = repetition.banned(model.tokens(line))
    return {model.piece(token).decode().strip() for token in found}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nor any lord, nor any", {"lord,"}),
        ("Nor any lord, nor, any", {"lord,"}),
        ("nor any lord, nor", set()),
        ("no no no no", set()),
        ("", set()),
    ],
)
def test_three_words_come_once_in_a_line(line: str, words: set[str]) -> None:
    assert banned("", line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("well, the boats are all", {"out"}),
        ("The Boats are all", {"out"}),
        ("boats are all", set()),
        ("the boats are not all", set()),
    ],
)
def test_five_words_of_the_prompt_do_not_come_again(line: str, words: set[str]) -> None:
    assert banned(TALK, line) == words


@pytest.mark.parametrize(
    ("line", "words"), [("well", {"well,"}), ("Well", {"well,"}), ("so", set())]
)
def test_no_two_lines_of_a_speaker_begin_alike(line: str, words: set[str]) -> None:
    assert banned("ann: so what\nbot: well well, aye\nbot:", line) == words


class Pieces(Words):
    """A vocabulary of bytes, and of what is written in one piece between bars."""

    def tokens(self, text: str) -> list[int]:
        pieces = [
            piece
            for at, part in enumerate(text.split("|"))
            for piece in ([part.encode()] if at % 2 else bytes_of(part))
        ]
        self._known += [one for one in pieces if one not in self._known]
        return [self._known.index(one) for one in pieces]


def bytes_of(text: str) -> list[bytes]:
    return [bytes([byte]) for byte in text.encode()]


@pytest.mark.parametrize(
    ("line", "may_come"),
    [
        ("so |😂||😂||😂||😂|", True),
        ("so |😂||😂||😂||😂||😂|", False),
        ("so |😂😂||😂😂|", True),
        ("so |😂😂😂||😂😂😂|", False),
        ("|😭😭😭😭😭|", False),
        ("|❤️||❤️||❤️||❤️||❤️|", False),
        ("|🔥||💯|" * 4, True),
        ("|🔥||💯|" * 5, False),
        ("| 😂|| 😂|| 😂|| 😂|| 😂|", False),
        ("😂😂😂😂😃", True),
        ("😂😂😂😂😂", False),
        ("haaaaaaa !!!!!! ————————", True),
    ],
)
def test_a_sign_comes_four_times_in_a_row(line: str, may_come: bool) -> None:
    model = Pieces()
    repetition = Repetition(model, "", "bot:")  # type: ignore[arg-type]
    *before, last = model.tokens(line)
    assert repetition.allows(before, last) is may_come


def test_a_model_that_wants_rows_of_signs_gets_short_ones(
    load, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load().model
    wanted = model.tokens("x")[-1]
    monkeypatch.setattr(Repetition, "allows", lambda self, line, token: token != wanted)
    logits = np.zeros(model.vocabulary, np.float32)
    logits[wanted] = 30
    request = Generate(stream=1, conversation="c", prompt=TALK, line_start="bot:")
    rng = np.random.default_rng(1)
    chooser = sampler.Chooser(model, request, None, model.tokens(TALK), rng)
    assert chooser.choose(logits, [], may_end=False) != wanted


@pytest.mark.parametrize("is_talk", [True, False])
def test_only_lines_of_a_talk_keep_off_their_prompt(
    load, is_talk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load().model
    unwanted, wanted = model.tokens("x")[-1], model.tokens("y")[-1]

    class Spy(Repetition):
        def banned(self, line: Sequence[int]) -> set[int]:
            return {unwanted} if self._said else set()

        def words(self, tokens: Sequence[int]) -> list[Word]:
            return [Word("word", token) for token in tokens]

    monkeypatch.setattr(sampler, "Repetition", Spy)
    start = "bot:" if is_talk else ""
    request = Generate(1, "c", TALK, temperature=0.0, line_start=start)
    chooser = sampler.Chooser(model, request, None, [], np.random.default_rng(1))
    logits = np.full(model.vocabulary, -20, np.float32)
    logits[[unwanted, wanted]] = 20, 10
    chosen = chooser.choose(logits, model.tokens("the boats"), may_end=False)
    assert chosen == (wanted if is_talk else unwanted)


def ended(model, line: str, *, unsaid: Sequence[str] = (), voice=None) -> bool:
    """Whether a line ends that wants nothing more, where a `!` may follow instead."""
    request = Generate(
        1,
        "c",
        TALK,
        temperature=0.0,
        line_start="bot:",
        unsaid=[*unsaid],
        dial=50 if voice else 0,
    )
    chooser = sampler.Chooser(model, request, voice, [], np.random.default_rng(1))
    logits = np.full(model.vocabulary, -20, np.float32)
    ends = [*model.line_tokens, *model.end_tokens]
    logits[ends], logits[model.tokens("!")[-1]] = 20, 10
    return chooser.choose(logits, model.tokens(line), may_end=True) in ends


@pytest.mark.parametrize(
    "line", [" Good morrow!", " good morrow", " bot: good morrow."]
)
def test_no_line_ends_whose_words_are_not_to_be_said(load, line: str) -> None:
    model = load().model
    assert ended(model, line)
    assert not ended(model, line, unsaid=["good morrow"])
    assert ended(model, f"{line} to you", unsaid=["good morrow"])


def test_no_line_ends_that_is_a_whole_message_of_four_words(load, tmp_path) -> None:
    model = load().model
    texts = [" you may go home", " home at last"]
    rows = [(row, model.tokens(text), 1) for row, text in enumerate(texts, 1)]
    end = model.tokens("\n")[-1]
    tokens.build(tmp_path, rows, vocabulary=model.vocabulary, end=end)
    voice = tokens.TokenVoice.open(tmp_path)
    assert not ended(model, texts[0], voice=voice)
    assert ended(model, texts[1], voice=voice), "short ones are common phrases"
    assert ended(model, " you may go", voice=voice)
