"""The runner as a real process: over its pipe, with a tiny model and with echo."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import Any

import pytest

from app.runner.model_loader import SLOTS
from tests.runner import tiny

pytestmark = pytest.mark.process


class Talk:
    """The bot's end of a runner's pipe."""

    def __init__(self, process):
        self.process = process

    def send(self, *lines):
        for line in lines:
            text = line if isinstance(line, str) else json.dumps(line)
            self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def until(self, id):
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1].get("id") != id:
            heard.append(self.hear())
        return heard


@contextmanager
def runner(*words):
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "runner", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    try:
        yield Talk(process)
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()
        process.stderr.close()


def generate(id, prompt, **more):
    params = {"stream": id, "conversation": "c", "prompt": prompt, "stop": []} | more
    return {"id": id, "method": "generate", "params": params}


@pytest.fixture
def tiny_model(tiny_files):
    return tiny_files["transformer"]


def test_a_loaded_model_says_it_is_ready_before_anything_else(tiny_model):
    with runner(tiny_model, f"--context={512 * SLOTS}", "--threads=1") as talk:
        ready = talk.hear()
        assert ready["method"] == "ready"
        assert ready["params"]["context"] == 512
        assert ready["params"]["can_roll_back"] is True
        assert ready["params"]["prompt_tokens_per_second"] > 0


def test_a_generation_streams_pieces_and_ends_with_a_reply(tiny_model):
    with runner(tiny_model, f"--context={512 * SLOTS}", "--threads=1") as talk:
        talk.hear()
        talk.send(generate(1, "hello", max_tokens=8, seed=1))
        *pieces, reply = talk.until(1)
        assert "".join(piece["params"]["text"] for piece in pieces)
        assert reply["result"]["completion_tokens"] == 8
        times = [piece["params"]["at_ms"] for piece in pieces]
        assert times == sorted(times)


def test_a_cancelled_generation_ends_and_says_so(tiny_model):
    with runner(tiny_model, f"--context={4096 * SLOTS}", "--threads=1") as talk:
        talk.hear()
        talk.send(generate(1, "what", max_tokens=2000, temperature=0.0))
        assert talk.hear()["method"] == "piece"
        talk.send({"id": 2, "method": "cancel_generate", "params": {"stream": 1}})
        answered, ended = (item for item in talk.until(1) if "id" in item)
        assert (answered["id"], answered["result"]) == (2, {})
        assert ended["result"]["finish"] == "cancelled"
        assert 0 < ended["result"]["completion_tokens"] < 2000


def test_the_line_of_a_real_runner_is_bounded_fair_and_shown(tiny_model):
    with runner(tiny_model, f"--context={4096 * SLOTS}", "--threads=1") as talk:
        talk.hear()
        loud = range(1, 61)
        options = {"max_tokens": 150, "temperature": 0.0}
        talk.send(
            *(generate(id, "hello", guild="loud", **options) for id in loud),
            generate(99, "hello", guild="quiet", **options),
            {"id": 100, "method": "info"},
        )
        replies: list[dict[str, Any]] = []
        while len(replies) < len(loud) + 2:
            if "id" in (heard := talk.hear()):
                replies.append(heard)
    by_id = {reply["id"]: reply for reply in replies}
    refused = [id for id in loud if "error" in by_id[id]]
    assert len(refused) >= 10
    assert "replies are waiting" in by_id[refused[0]]["error"]["message"]
    waiting = by_id[100]["result"]["waiting"]
    assert waiting["quiet"] == 1
    assert sum(waiting.values()) == 32
    finishes = [by_id[id]["result"]["finish"] for id in loud if id not in refused]
    assert finishes.count("ousted") == 1
    order = [reply["id"] for reply in replies if "error" not in reply]
    assert by_id[99]["result"]["completion_tokens"]
    assert len(order) - order.index(99) > 10


def test_bad_lines_and_bad_requests_are_failures_and_not_the_end(tiny_model):
    with runner(tiny_model, f"--context={512 * SLOTS}", "--threads=1") as talk:
        talk.hear()
        talk.send("what?", {"id": 5, "method": "dance"}, {"id": 6, "method": "info"})
        assert talk.hear()["error"]["code"] == -32700
        assert talk.hear()["error"]["message"].startswith("unknown method")
        info = talk.hear()["result"]
        assert info["active"] == 0
        assert info["waiting"] == {}
        assert info["memory_bytes"] > 0


def test_a_model_that_cannot_be_loaded_is_told_in_words(tmp_path):
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"nonsense" * 100)
    with runner(path) as talk:
        assert talk.process.wait(timeout=20) == 69
        assert "not a GGUF file" in talk.process.stderr.read()


TURNS = "{% for message in messages %}<A>{{ message.content }}<B>{% endfor %}<C>"

HUGE = """{% set all = namespace(text="ab") %}{% for number in range(30) %}
{%- set all.text = all.text ~ all.text %}{% endfor %}"""
"""Makes a text of 2 GB, of which nothing is in the prompt."""


@pytest.mark.skipif(sys.platform != "linux", reason="others set no limit")
@pytest.mark.parametrize(("before", "is_read"), [("", True), (HUGE, False)])
def test_a_template_that_takes_much_memory_is_not_used(tmp_path, before, is_read):
    path = tiny.write(tmp_path / "own.gguf", template=before + TURNS)
    with runner(path, "--read-template") as talk:
        assert bool(talk.hear()["params"]["marks"]) is is_read


@pytest.mark.posix_only("about signals to a process group")
def test_what_asks_a_whole_group_to_end_leaves_the_end_to_the_bot(tiny_model):
    with runner(tiny_model, f"--context={512 * SLOTS}", "--threads=1") as talk:
        talk.hear()
        talk.process.send_signal(signal.SIGINT)
        talk.process.send_signal(signal.SIGTERM)
        talk.send({"id": 1, "method": "info"})
        assert talk.hear()["result"]["active"] == 0
    assert talk.process.returncode == 0


def test_a_runner_without_a_model_is_wrong_usage():
    with runner() as talk:
        assert talk.process.wait(timeout=20) == 64


def test_the_echo_runner_speaks_the_same_protocol():
    with runner("--echo") as talk:
        assert talk.hear()["params"]["model"] == "echo"
        talk.send(generate(1, "anna: one two\nMynah:"))
        *pieces, reply = talk.until(1)
        assert [piece["params"]["text"] for piece in pieces] == [" one", " two"]
        assert reply["result"]["text"] == "one two"
        talk.send({"id": 2, "method": "info"})
        assert talk.hear()["result"]["description"] == "echo"
