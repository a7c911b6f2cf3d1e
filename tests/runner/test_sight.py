"""A tiny projector of random weights, really loaded: pictures in a model's context."""

import base64
import ctypes
import io
import json
from ctypes import POINTER, byref, c_float
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_cpp import mtmd_cpp as mtmd
from PIL import Image

from app.core.errors import AppError, UsageError
from app.ipc.inference import PICTURE, CancelGenerate, Generate, GenerateReply
from app.runner.llama import Batch
from app.runner.looker import NOT_BUILT, Looker, open_eyes
from app.runner.model_loader import SLOTS
from app.runner.request_handler import ModelDesk
from app.runner.sight import Sight
from tests.runner import tiny
from tests.runner.test_process import generate, runner
from tests.runner.test_word_guard import voice_of

SIZE = (90, 60)


def is_image(chunk) -> bool:
    kind = mtmd.mtmd_input_chunk_get_type(chunk)
    return bool(kind == mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE)


def png(color: tuple[int, int, int] = (200, 30, 40), form: str = "PNG") -> bytes:
    """A picture of one color with a bright corner."""
    picture, data = Image.new("RGB", SIZE, color), io.BytesIO()
    picture.paste((255, 255, 255), (0, 0, 20, 20))
    picture.save(data, form)
    return data.getvalue()


RED, BLUE = png(), png((30, 40, 200))


@pytest.fixture(scope="session")
def projector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_projector(tmp_path_factory.mktemp("sight") / "mmproj.gguf")


@pytest.fixture
def desk(load, projector):
    loaded = load()
    desk = ModelDesk(loaded, eyes=open_eyes(projector, loaded.model, 1))
    yield desk
    # What looks at a picture must not outlive its model.
    desk._looker._thread.shutdown()


def test_the_memory_that_a_projector_takes_is_told(load, projector, monkeypatch):
    def large(*given):
        return np.ones(50 << 17)

    monkeypatch.setattr("app.runner.sight.Sight", large)
    loaded = load()
    eyes = open_eyes(projector, loaded.model, 1)
    assert 40 << 20 < eyes.bytes < 80 << 20
    assert ModelDesk(loaded, eyes=eyes).ready().sight_bytes == eyes.bytes


class Outbox:
    """Keeps what a desk answers."""

    def __init__(self) -> None:
        self.done: GenerateReply | None = None
        self.error = ""

    def reply(self, result):
        self.done = result

    def notify(self, params): ...

    def fail(self, code, message, hint=""):
        self.error = message


def written(desk, prompt, *pictures, **more):
    outbox = Outbox()
    options: dict[str, Any] = {"max_tokens": 8, "stop": [], "temperature": 0.0} | more
    shown = [base64.b64encode(one).decode() for one in pictures]
    desk.handle(Generate(1, "c", prompt, pictures=shown, **options), outbox)
    while not desk.is_idle:
        desk.step()
    return outbox


def test_a_picture_becomes_an_embedding_for_each_of_its_tokens(load, projector):
    model = load().model
    seen = Sight(projector, model, 1).look(RED)
    assert seen.vectors.shape == (tiny.SEEN_TOKENS, tiny.EMBEDDING)
    assert np.isfinite(seen.vectors).all()
    marks = [token for token in seen.tokens if token < 0]
    assert len({*marks}) == tiny.SEEN_TOKENS
    assert marks[0] == seen.first


def test_another_picture_has_other_embeddings_and_other_tokens(load, projector):
    sight = Sight(projector, load().model, 1)
    red, blue, again = map(sight.look, (RED, BLUE, RED))
    assert not np.allclose(red.vectors, blue.vectors)
    assert np.array_equal(red.vectors, again.vectors)
    assert red.tokens == again.tokens
    assert not {one for one in red.tokens if one < 0} & {*blue.tokens}


@pytest.mark.parametrize("data", [b"", b"not a picture", RED[:40], b"GIF89a"])
def test_what_is_no_picture_is_refused(load, projector, data):
    with pytest.raises(AppError):
        Sight(projector, load().model, 1).look(data)


def test_the_words_of_a_reply_depend_on_the_picture(desk):
    prompt = f"ann: {PICTURE}what is it?\nbot:"
    red, blue = written(desk, prompt, RED), written(desk, prompt, BLUE)
    without = written(desk, "ann: what is it?\nbot:")
    assert red.done.completion_tokens == blue.done.completion_tokens == 8
    assert len({red.done.text, blue.done.text, without.done.text}) == 3
    seen = red.done.prompt_tokens - without.done.prompt_tokens
    assert seen >= tiny.SEEN_TOKENS


def test_the_memory_of_a_prompt_knows_which_picture_is_in_it(desk):
    start = f"ann: {PICTURE}what is it?\nbot:"
    first = written(desk, start, RED).done
    again = written(desk, start, RED).done
    assert again.cached_tokens == first.prompt_tokens - 1
    assert again.text == first.text
    other = written(desk, start, BLUE).done
    fresh = written(desk, start, BLUE, guild="another").done
    assert other.cached_tokens < len("<s>ann: ") + tiny.SEEN_TOKENS
    assert fresh.cached_tokens == 0
    assert other.text == fresh.text


def test_a_picture_in_a_chat_template_stands_where_its_sign_is(desk):
    parts = ["<s>", f"ann: {PICTURE}hi", "</s>", "bot:"]
    red = written(desk, f"ann: {PICTURE}hi\nbot:", RED, marked=parts).done
    blue = written(desk, f"ann: {PICTURE}hi\nbot:", BLUE, marked=parts).done
    assert red.text != blue.text


def test_the_voice_decides_with_a_picture_in_the_context(desk, load, tmp_path):
    voice_of(tmp_path, load().model, "the kraken sleeps", "the kraken wakes at noon")
    prompt = f"ann: {PICTURE}the\nbot:"
    spoken = written(desk, prompt, RED, voice=str(tmp_path), dial=100).done
    assert spoken.voice_share > 0
    assert spoken.completion_tokens


def test_two_pictures_and_other_replies_are_written_side_by_side(desk):
    both = Outbox()
    shown = [base64.b64encode(one).decode() for one in (RED, BLUE)]
    prompt = f"ann: {PICTURE}{PICTURE}which?\nbot:"
    options: dict[str, Any] = {"max_tokens": 8, "stop": [], "temperature": 0.0}
    desk.handle(Generate(1, "a", prompt, pictures=shown, **options), both)
    plain = written(desk, "bob: hello\nbot:")
    assert both.done and both.done.completion_tokens == 8
    assert plain.done.text == written(desk, "bob: hello\nbot:", guild="2").done.text


def test_the_embeddings_lie_in_the_memory_as_llama_cpp_puts_them_there(load, projector):
    """`mtmd_helper_decode_image_chunk` is what llama.cpp's own programs call."""
    loaded = load()
    sight, context = Sight(projector, loaded.model, 1), loaded.context
    vectors = sight.look(RED).vectors
    assert context.see(1, 0, vectors)
    with sight._chunks(RED) as chunks:
        (*_, chunk) = filter(is_image, chunks)
        floats = np.ascontiguousarray(vectors).ctypes.data_as(POINTER(c_float))
        end, none = ctypes.c_int32(), mtmd.mtmd_helper_post_decode_callback()
        code = mtmd.mtmd_helper_decode_image_chunk(
            sight._handle, context._handle, chunk, floats, 0, 2, 128, byref(end), none,
            None,
        )  # fmt: skip
    assert (code, end.value) == (0, len(vectors))
    batch, asked = Batch(8), loaded.model.tokens("?")
    places = [batch.add(one, len(vectors), asked, wants_logits=True) for one in (1, 2)]
    assert context.decode(batch)
    ours, theirs = (context.logits(place).copy() for place in places)
    assert np.allclose(ours, theirs, atol=1e-4)
    batch.close()


def test_a_model_without_eyes_says_so(load):
    desk = ModelDesk(load())
    with pytest.raises(UsageError, match="cannot look"):
        written(desk, f"ann: {PICTURE}?\nbot:", RED)


def test_broken_bytes_fail_their_own_request_alone(desk):
    assert "decoded" in written(desk, f"ann: {PICTURE}?\nbot:", b"broken").error
    assert written(desk, f"ann: {PICTURE}?\nbot:", RED).done


def test_a_request_that_is_cancelled_while_it_looks_ends(desk, monkeypatch):
    monkeypatch.setattr(Looker, "step", lambda looker, may_wait: None)
    outbox = Outbox()
    shown = [base64.b64encode(RED).decode()]
    desk.handle(Generate(1, "c", f"{PICTURE}bot:", pictures=shown), outbox)
    desk.handle(CancelGenerate(1), Outbox())
    assert outbox.done and outbox.done.finish == "cancelled"
    assert desk.is_idle


@pytest.mark.parametrize("words", range(480, 520, 3))
def test_a_prompt_that_is_too_long_loses_a_picture_whole(desk, words):
    """Of 512 places, wherever the cut falls."""
    job = desk._job(
        Generate(1, "c", f"a{PICTURE}{'w' * words}", max_tokens=8), None, None,
        pictures=[seen := desk._eyes.sight.look(RED)],
    )  # fmt: skip
    desk._scheduler._fit(job)
    left = sum(token < 0 for token in job.prompt)
    assert left in (0, len(seen.vectors))
    assert written(desk, f"a{PICTURE}{'w' * words}", RED).done.completion_tokens == 8


def test_a_picture_is_looked_at_once_for_a_server_and_again_for_another():
    looked: list[bytes] = []

    class Counts:
        def look(self, data):
            looked.append(data)

    looker = Looker(Counts())  # type: ignore[arg-type]
    for guild in ("1", "1", "2"):
        request, begun = Generate(1, "c", PICTURE, guild=guild), list[object]()
        looker.hold(request, (RED,), begun.append, begun.append, lambda: None)
        while not begun:
            looker.step(may_wait=True)
    assert looked == [RED, RED]


def test_a_projector_for_another_width_leaves_the_model_blind(load, tmp_path):
    other = tiny.write_projector(tmp_path / "other.gguf", tiny.EMBEDDING * 2)
    eyes = open_eyes(other, load().model, 1)
    assert eyes.sight is None
    assert "does not fit" in eyes.blindness


def test_a_model_is_no_projector(load, tiny_files):
    eyes = open_eyes(tiny_files["transformer"], load().model, 1)
    assert "not a projector" in eyes.blindness


@pytest.mark.process
def test_a_llama_cpp_without_the_library_writes_all_the_same(
    tiny_files, projector, monkeypatch, tmp_path
):
    # The binding looks for the library there alone.
    monkeypatch.setenv("MTMD_CPP_LIB", str(tmp_path))
    words = (f"--projector={projector}", f"--context={512 * SLOTS}", "--threads=1")
    with runner(tiny_files["transformer"], *words) as talk:
        ready = talk.hear()["params"]
        assert (ready["can_see"], ready["blindness"]) == (False, NOT_BUILT)
        talk.send(generate(1, "hello", max_tokens=4))
        *_, reply = talk.until(1)
    assert reply["result"]["completion_tokens"] >= 1


@pytest.mark.process
def test_the_runner_process_sees_a_real_png(tiny_files, projector):
    words = (f"--projector={projector}", f"--context={512 * SLOTS}", "--threads=1")
    with runner(tiny_files["transformer"], *words) as talk:
        ready = talk.hear()["params"]
        assert ready["can_see"]
        assert ready["blindness"] == ""
        shown = [base64.b64encode(RED).decode()]
        prompt = f"ann: {PICTURE}what?\nbot:"
        talk.send(generate(1, prompt, pictures=shown, max_tokens=4))
        *_, reply = talk.until(1)
    assert reply["result"]["completion_tokens"] >= 1, json.dumps(reply)
    assert reply["result"]["picture_ms"] > 0
