"""Models read their own chat template: once, in a process of its own, with a limit."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.turn_marks import TurnMarks
from app.ipc.child import spawn
from app.providers.base import Prompt, Turn
from app.providers.local import chat_log, templates
from app.providers.local.templates import Templates
from app.settings.model_sections import ModelSettings
from tests.providers.test_local import PROMPT, providing
from tests.runner import tiny
from tests.runner.test_chat_template import CHATML

MARKS = TurnMarks("<S>", "<SU>", "<UB>", "<BU>", "<ASK>")

ENDLESS = (
    "<|im_start|>{% for a in range(9999) %}{% for b in range(9999) %}{% for c in"
    " range(9999) %}{% endfor %}{% endfor %}{% endfor %}"
)


class Spawner:
    def __init__(self):
        self.commands = []

    async def __call__(self, command):
        self.commands.append(command)
        return await spawn(command)


@pytest.mark.process
async def test_a_template_is_read_once_and_a_model_without_one_starts_nothing(tmp_path):
    own = tiny.write(tmp_path / "own.gguf", template=CHATML)
    none = tiny.write(tmp_path / "none.gguf")
    spawner = Spawner()
    reader = Templates(spawner)
    first, again = await reader.of(own), await reader.of(own)
    assert first and first == again and first.start == "<|im_start|>system\n"
    assert await reader.of(none) is None
    assert len(spawner.commands) == 1


@pytest.mark.process
async def test_a_template_without_end_is_stopped_and_known_by_its_marks(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(templates, "READ_SECONDS", 4)
    path = tiny.write(tmp_path / "endless.gguf", template=ENDLESS)
    began = time.monotonic()
    marks = await Templates(spawn).of(path)
    assert time.monotonic() - began < 15
    assert marks is not None and marks.ask.endswith("<|im_start|>assistant\n")


@pytest.mark.process
@pytest.mark.parametrize(
    ("form", "is_marked"), [("template", True), ("log", False), ("auto", False)]
)
async def test_the_model_reads_the_form_that_its_owner_chose(
    tmp_path, monkeypatch, form, is_marked
):
    path = tiny.write(tmp_path / "own.gguf", template=CHATML)
    settings = ModelSettings(name="own", form=form, context=1024, threads=1)
    asked = []
    async with providing(settings, lambda name: path) as provider:
        call = provider._keeper.call

        async def note(request):
            asked.append(request)
            return await call(request)

        monkeypatch.setattr(provider._keeper, "call", note)
        prompt = replace(PROMPT, max_words=3)
        assert [item async for item in provider.write(prompt)]
    assert bool(asked[0].marked) is is_marked
    assert asked[0].prompt == "anna: one two three\nMynah:"


def talk(*speakers: str) -> Prompt:
    turns = [
        Turn(name, f"line {at}", is_bot=name == "Mynah")
        for at, name in enumerate(speakers)
    ]
    return replace(PROMPT, turns=tuple(turns))


def test_turns_have_names_and_those_of_people_in_a_row_are_one():
    parts = chat_log.marked(talk("anna", "bob", "Mynah", "anna"), MARKS)
    assert parts[2:] == [
        "<SU>",
        "anna: line 0\nbob: line 1",
        "<UB>",
        "Mynah: line 2",
        "<BU>",
        "anna: line 3",
        "<ASK>",
        "Mynah:",
    ]
    assert parts[0] == "<S>" and "You are Mynah" in parts[1]


@given(st.lists(st.sampled_from(["anna", "bob", "Mynah"]), min_size=1, max_size=9))
def test_roles_alternate_whoever_spoke(speakers):
    prompt = talk(*speakers)
    parts = chat_log.marked(prompt, MARKS)
    roles = parts[::2][2:]
    assert roles == [*(["<UB>", "<BU>"] * 9)[: len(roles) - 1], "<ASK>"]
    assert "\n".join(parts[3:-2:2]).split("\n") == chat_log.log(prompt.turns, "Mynah")


def test_a_persona_becomes_a_sentence_and_what_changes_comes_last():
    moment = (Turn("cleo", "long ago"),)
    prompt = replace(
        talk("anna", "Mynah", "bob"), persona="a pirate", moments=(moment,)
    )
    parts = chat_log.marked(prompt, MARKS)
    assert "Mynah is a pirate." in parts[1]
    assert "cleo: long ago" in parts[3] and parts[3].endswith("(now)")


@pytest.mark.parametrize(
    ("persona", "sentence"),
    [
        ("a pirate", "Mynah is a pirate"),
        ("hates mornings", "Mynah hates mornings"),
        ("never uses capital letters", "Mynah never uses capital letters"),
        ("one short sentence", "one short sentence"),
        ("You are old.", "You are old"),
    ],
)
def test_a_persona_is_told_as_a_sentence(persona, sentence):
    assert chat_log.described("Mynah", persona) == sentence
