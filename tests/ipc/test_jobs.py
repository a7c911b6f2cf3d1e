"""The catalogue of jobs: every request and its reply survive the wire."""

from typing import Any

import pytest

from app.core.names import GuildId
from app.ipc import jobs
from app.ipc.wire import Notification, RequestFrame, encode

SENT = [
    jobs.ImportJob(GuildId(1), ["/a b", "--c"], None),
    jobs.ImportJob(GuildId(1), ["/a"], "the hall"),
    jobs.PreviewJob("Rook Club", ["/a b", "--c"], "5", None, "the hall", "text"),
    jobs.RebuildJob(GuildId(2)),
    jobs.FollowJob(GuildId(2)),
    jobs.CompareJob(GuildId(3), "before", None),
    jobs.TokenVoiceJob(GuildId(4), "/models/a.gguf"),
    jobs.SearchJob(["a text"], ["lock"]),
    jobs.RequantiseJob("/a.gguf", "/b.gguf", 2, True),
    jobs.PictureJob("AAEC"),
    jobs.SpeechJob("AAEC", "/a b/ggml-base.bin", 2),
    jobs.UtteranceJob("hello there", "/a b/supertonic-3", "F1", 2),
]


@pytest.mark.parametrize("request_", SENT, ids=lambda one: type(one).__name__)
def test_a_request_arrives_as_it_was_sent(request_: Any) -> None:
    frame = RequestFrame(1, request_)
    assert jobs.TO_CHILD.decode(encode(frame)) == frame


def test_every_request_is_tried() -> None:
    assert {type(one) for one in SENT} == set(jobs.REQUESTS)


@pytest.mark.parametrize("told", [jobs.Pause(), jobs.Resume(), jobs.AllStored()])
def test_what_steers_a_job_arrives(told: Any) -> None:
    assert jobs.TO_CHILD.decode(encode(Notification(told))) == Notification(told)
