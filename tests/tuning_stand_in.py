"""OpenAI's files and tuning jobs, for the stand-in: checks what it is given."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

STATES = ("validating_files", "queued", "running", "succeeded")
TUNED = "ft:gpt-4o-mini-2024-07-18:mynah::stand-in"
LEAST = 10
STARTED = 1_760_000_000


@dataclass
class Job:
    """A job that is a step further each time it is asked for."""

    id: str
    body: Json
    examples: list[Json]
    step: int = 0
    error: str = ""

    def shown(self) -> Json:
        state = "failed" if self.error else STATES[self.step]
        done = state == "succeeded"
        return {
            "id": self.id, "object": "fine_tuning.job", "created_at": STARTED,
            "model": self.body["model"], "status": state, "seed": 0,
            "fine_tuned_model": TUNED if done else None,
            "trained_tokens": 3 * len(json.dumps(self.examples)) // 4 if done else None,
            "error": {"code": "invalid", "message": self.error, "param": None}
            if self.error else None,
            "hyperparameters": {"n_epochs": 3}, "organization_id": "o",
            "result_files": [], "training_file": self.body["training_file"],
            "validation_file": self.body.get("validation_file"),
            "metadata": self.body.get("metadata"), "method": self.body["method"],
        }  # fmt: skip

    def events(self) -> list[Json]:
        """Newest first, as the host gives them."""
        texts = [f"Job is {state}" for state in STATES[: self.step + 1]]
        texts += [self.error] * bool(self.error)
        return [
            {
                "id": f"e{number}", "object": "fine_tuning.job.event", "level": "info",
                "created_at": STARTED + 60 * number, "message": text,
            }
            for number, text in enumerate(texts)
        ][::-1]  # fmt: skip


@dataclass
class Tunings:
    """Files that were sent, jobs that were started, and the log of both."""

    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, kind: str, raw: bytes) -> Json | None:
        """The reply to a request; None for a path that is not of tuning."""
        path = path.partition("?")[0].removeprefix("/v1")
        self.log.append(f"{method} {path} {len(raw)} bytes")
        if (method, path) == ("POST", "/files"):
            return self._file(kind, raw)
        if (method, path) == ("POST", "/fine_tuning/jobs"):
            return self._start(json.loads(raw)).shown()
        if (method, path) == ("GET", "/fine_tuning/jobs"):
            newest = [job.shown() for job in self.jobs.values()][::-1]
            return {"object": "list", "data": newest, "has_more": False}
        parts = path.strip("/").split("/")
        job = self.jobs.get(parts[2]) if parts[0] == "fine_tuning" else None
        if job is None:
            self.log.pop()
            return None
        if parts[3:] == ["events"]:
            return {"object": "list", "data": job.events(), "has_more": False}
        job.step = min(job.step + 1, len(STATES) - 1)
        return job.shown()

    def _file(self, kind: str, raw: bytes) -> Json:
        boundary = re.search(r"boundary=(\S+)", kind)
        assert boundary is not None
        parts = raw.split(b"--" + boundary[1].encode())
        bodies: dict[str, bytes] = {}
        for head, _, body in (part.partition(b"\r\n\r\n") for part in parts[1:-1]):
            named = re.search(rb'name="(\w+)"', head)
            assert named is not None
            bodies[named[1].decode()] = body.removesuffix(b"\r\n")
        assert bodies["purpose"] == b"fine-tune"
        name = f"file-{len(self.files) + 1}"
        self.files[name] = bodies["file"]
        return {
            "id": name, "object": "file", "bytes": len(bodies["file"]),
            "created_at": STARTED, "filename": "x.jsonl", "purpose": "fine-tune",
            "status": "processed",
        }  # fmt: skip

    def _start(self, body: Json) -> Job:
        rows = self.rows(body["training_file"])
        job = Job(f"ftjob-{len(self.jobs) + 1}", body, rows)
        kind = body["method"]["type"]
        if len(rows) < LEAST or not all(_is_well_formed(kind, row) for row in rows):
            job.error = "the training file is not of the right form"
        self.jobs[job.id] = job
        return job

    def rows(self, file: str) -> list[Json]:
        """The examples of a file."""
        return [json.loads(line) for line in self.files[file].splitlines()]


def _is_well_formed(kind: str, row: Json) -> bool:
    """As OpenAI's documentation gives the two formats."""
    if kind == "supervised":
        roles = [message["role"] for message in row["messages"]]
        return set(row) == {"messages"} and roles[-1] == "assistant"
    outputs = (row["preferred_output"], row["non_preferred_output"])
    ends = row["input"]["messages"][-1]["role"] == "user"
    return ends and all(len(out) == 1 for out in outputs)
