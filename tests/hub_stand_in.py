"""A model hub on a local socket: one file, what it lists, and faults on request.

`python -m tests.hub_stand_in` serves the models of `CATALOGUE` until it is stopped.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

from huggingface_hub.hf_api import ExpandModelProperty_T

COMMIT = "c" * 40

LIST_WORDS = {"search", "filter", "sort", "limit", "expand"}
"""What the list of models may be asked for, of https://huggingface.co/docs/hub/api;
`HfApi.list_models` has the names."""

EXPANDED = set(get_args(ExpandModelProperty_T))
SORTED_BY = {"downloads", "likes", "lastModified", "createdAt", "trendingScore"}


def model(name: str, files: Mapping[str, int], **told: Any) -> dict[str, Any]:
    """A model as `GET /api/models/OWNER/NAME?blobs=true` gives it.

    `ModelInfo` and `RepoSibling` in huggingface_hub.hf_api read these fields; `gguf` is
    what the hub read in a file of it.
    """
    total = told.pop("total", 4_022_468_096)
    return {
        "_id": "6812f2b1", "id": name, "modelId": name,
        "author": name.partition("/")[0], "sha": COMMIT,
        "lastModified": "2025-05-08T11:02:13.000Z",
        "createdAt": "2025-05-01T04:04:33.000Z",
        "private": False, "gated": False, "disabled": False,
        "downloads": 1000, "likes": 12, "tags": ["gguf", "license:apache-2.0"],
        "pipeline_tag": "text-generation", "library_name": "gguf",
        "gguf": {
            "total": total, "architecture": "qwen3", "context_length": 40960,
            "chat_template": "{{ messages }}", "bos_token": "", "eos_token": "<|end|>",
        },
        "cardData": {"license": "apache-2.0"}, "spaces": [],
        "usedStorage": sum(files.values()),
        "siblings": [_sibling(file, size) for file, size in files.items()],
        **told,
    }  # fmt: skip


def _sibling(file: str, size: int) -> dict[str, Any]:
    """A file with `blobs=true`; large ones lie in git's store of large files."""
    lfs = {"sha256": "a" * 64, "size": size, "pointerSize": 135}
    known = {"rfilename": file, "size": size, "blobId": "b" * 40}
    return {**known, "lfs": lfs} if size > 10_000_000 else known


QWEN = {
    ".gitattributes": 1519, "README.md": 4210, "imatrix.gguf": 3_100_000,
    "Qwen3-4B-Q2_K.gguf": 1_669_498_976, "Qwen3-4B-Q4_K_M.gguf": 2_497_280_736,
    "Qwen3-4B-Q8_0.gguf": 4_280_404_704, "Qwen3-4B-BF16.gguf": 8_051_284_640,
    "UD/Qwen3-4B-UD-Q6_K_XL.gguf": 3_664_899_424,
    "mmproj-Qwen3-4B-F16.gguf": 836_000_000,
    "Q8/Qwen3-4B-Q8-00001-of-00002.gguf": 2_200_000_000,
    "Q8/Qwen3-4B-Q8-00002-of-00002.gguf": 2_200_000_000,
}  # fmt: skip

CATALOGUE = (
    model("unsloth/Qwen3-4B-GGUF", QWEN, downloads=1_204_311),
    model(
        "someone/tiny-Qwen-GGUF", {"tiny-qwen.Q4_0.gguf": 3_000_000},
        downloads=31, total=134_515_008, tags=["gguf"],
    ),
    model("whole/Qwen3-4B", {"model.safetensors": 8_000_000_000}, downloads=9_000_000,
          tags=["safetensors"], gguf=None),
    model(
        "meta/Llama-Qwen-GGUF", {"llama-Q4_K_M.gguf": 4_900_000_000},
        downloads=88_000, gated="manual", tags=["gguf", "license:llama3.1"],
        total=8_030_261_312,
    ),
)  # fmt: skip


@dataclass
class Hub:
    """What the hub has, how it misbehaves, and what was asked of it."""

    content: bytes
    cut_after: int | None = None
    """Bytes after which the connection breaks, once."""
    stall_seconds: float = 0.0
    """Silence in the middle of the first answer."""
    ignores_ranges: bool = False
    says_bytes: int | None = None
    """A size other than the true one."""
    sends: bytes | None = None
    """Other bytes than the hash promises."""
    etag: str = ""
    """A hash other than the true one."""
    status: int = 200
    url: str = ""
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of every GET."""
    models: tuple[dict[str, Any], ...] = ()
    """What it lists; without any, each file that is asked for is there."""
    says: bytes | None = None
    """Other words than an answer to a search."""
    waits: threading.Event | None = None
    """What a search waits for."""
    asked: list[str] = field(default_factory=list)
    """The path of every search, with its words."""
    heads: list[Mapping[str, str]] = field(default_factory=list)
    """The headers of every search."""


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; the tests read `hub.ranges`."""

        def do_HEAD(self) -> None:
            if self._is_there():
                self._start(0, "")
            self.close_connection = True

        def do_GET(self) -> None:
            if self.path.startswith("/api/"):
                self._search()
                return
            if not self._is_there():
                return
            asked = self.headers.get("Range")
            hub.ranges.append(asked)
            body = hub.content if hub.sends is None else hub.sends
            first = 0
            if asked and not hub.ignores_ranges:
                first = int(asked.removeprefix("bytes=").partition("-")[0])
            self._start(first, asked if first else "")
            if hub.status == 200:
                self._send(body[first:])
            self.close_connection = True

        def _search(self) -> None:
            hub.asked.append(self.path)
            hub.heads.append(dict(self.headers))
            if hub.waits:
                hub.waits.wait(30)
            answer = _answer(hub, self.path)
            if hub.status == 429:
                # https://huggingface.co/docs/hub/rate-limits
                told = {
                    "RateLimit": '"api";r=0;t=55',
                    "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
                }
                answer = Answer(429, {"error": "Too Many Requests"}, told)
            elif hub.status != 200:
                answer = Answer(hub.status, {"error": "It broke."})
            body = json.dumps(answer.body).encode() if hub.says is None else hub.says
            self.send_response(answer.status)
            heads = {"Content-Type": "application/json", "Connection": "close"}
            for name, value in (heads | {**answer.heads}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def _is_there(self) -> bool:
            """Refuse a file that no model has, or whose owner asks who wants it."""
            name, _, file = self.path.lstrip("/").partition(f"/resolve/{COMMIT}/")
            found = next((one for one in hub.models if one["id"] == name), None)
            files = [one["rfilename"] for one in found["siblings"]] if found else []
            if not hub.models or (file in files and found and not found["gated"]):
                return True
            is_gated = file in files
            self.send_response(403 if is_gated else 404)
            self.send_header(
                "X-Error-Code", "GatedRepo" if is_gated else "EntryNotFound"
            )
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False

        def _start(self, first: int, asked: str | None) -> None:
            size = len(hub.content if hub.sends is None else hub.sends)
            status = 206 if asked and hub.status == 200 else hub.status
            self.send_response(status)
            true = hashlib.sha256(hub.content).hexdigest()
            self.send_header("ETag", f'"{hub.etag or true}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Connection", "close")
            length = 0 if hub.status != 200 else (hub.says_bytes or size) - first
            self.send_header("Content-Length", str(length))
            if status == 206:
                self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
            self.end_headers()

        def _send(self, body: bytes) -> None:
            if hub.cut_after is not None:
                body, hub.cut_after = body[: hub.cut_after], None
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            if hub.stall_seconds:
                time.sleep(hub.stall_seconds)
                hub.stall_seconds = 0.0
            self.wfile.write(body[half:])

    return Handler


@dataclass(frozen=True)
class Answer:
    """An answer to a search."""

    status: int
    body: Any
    heads: Mapping[str, str] = field(default_factory=dict)


def _answer(hub: Hub, path: str) -> Answer:
    """What the hub answers; an error's code is that of `hf_raise_for_status`."""
    parts = urlsplit(path)
    words = parse_qs(parts.query, keep_blank_values=True)
    name = parts.path.removeprefix("/api/models").strip("/")
    if not name:
        return _list(hub, words)
    if words != {"blobs": ["true"]}:
        return Answer(400, {"error": "Unexpected query"})
    for one in hub.models:
        if one["id"] == name and not one["private"]:
            return Answer(200, one)
    # One that is private is not told apart from one that does not exist.
    told = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
    return Answer(404, {"error": "Repository not found"}, told)


def _list(hub: Hub, words: Mapping[str, list[str]]) -> Answer:
    limit = words.get("limit", ["30"])[0]
    is_known = (
        set(words) <= LIST_WORDS
        and {*words.get("expand", [])} <= EXPANDED
        and {*words.get("sort", [])} <= SORTED_BY
        and limit.isdecimal()
    )
    if not is_known:
        return Answer(400, {"error": "Unexpected query"})
    wanted = " ".join(words.get("search", [])).lower().split()
    found = [
        one
        for one in hub.models
        if all(word in one["id"].lower() for word in wanted)
        and all(tag in one["tags"] for tag in words.get("filter", []))
        and not one["private"]
    ]
    found.sort(key=lambda one: -one[words.get("sort", ["downloads"])[0]])
    shown = {"_id", "id", "modelId", *words.get("expand", [])}
    rows = [{k: v for k, v in one.items() if k in shown} for one in found]
    return Answer(200, rows[: int(limit)])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is part of the tests."""


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """Serve the hub on a loopback port; `hub.url` names it."""
    server = _Server(("127.0.0.1", 0), _handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with running(Hub(bytes(3_000_000), models=CATALOGUE)) as served:
        print(served.url, flush=True)
        threading.Event().wait()
