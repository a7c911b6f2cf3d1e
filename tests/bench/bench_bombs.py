"""The memory of imports of bombs: `python -m tests.bench.bench_bombs [WORD...]`.

Each file is 64 MB of nearly nothing, packed to some kilobytes, and imported by the
command itself. The memory is that of the largest of its processes.
"""

import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = 64 << 20
MOST_MB = 200

TABLE = b"AuthorID,Author,Date,Content\n"
JSON = (
    b'{"guild":{"id":"1","name":"g"},"channel":{"id":"2","name":"c",'
    b'"type":"GuildTextChat"},"messages":[{"id":"1","content":'
)
PAGE = (
    b"<!DOCTYPE html><html><head><title>g - c</title></head><body>"
    b'<div class="chatlog__message" data-message-id="1">'
)
RULE = b"=" * 62
LOG = RULE + b"\nGuild: g\nChannel: c\n" + RULE + b"\n\n[1/2/2020 10:00 AM] ann\n"

BOMBS = {
    "line.csv": (TABLE, b"a"),
    "fields.csv": (TABLE, b"ab,"),
    "row.csv": (TABLE, b'"a\n",'),
    "quote.csv": (TABLE + b'1,a,2020-01-01,"', b"a\n"),
    "objects.json": (JSON + b'"","x":[', b"{},"),
    "lists.json": (JSON + b'"","x":[', b"[],"),
    "string.json": (JSON + b'"', b"a"),
    "emoji.json": (JSON + b'"', "😀".encode()),
    "head.json": (b'{"guild":{"id":"1"},"x":[', b"{},"),
    "tracker.txt": (b'{"meta":{"users":{},"userindex":[],"x":[', b"{},"),
    "objects.jsonl": (
        b"", b'{"author":"a","text":"b","x":[' + b"{}," * 10**6 + b"{}]}\n",
    ),
    "whatsapp.txt": (b"[01/02/20, 10:00:00] ann: hi\n" * 40, b"aa\n"),
    "log.txt": (LOG, b"aa\n"),
    "tag.html": (PAGE + b'<a href="', b"a"),
    "attributes.html": (PAGE + b"<a ", b"a "),
    "files.html": (
        PAGE + b'<div class="chatlog__attachment">', b'<a href="http://a/b">b</a>',
    ),
    "name.html": (PAGE + b'<span class="chatlog__author">', b"aa "),
}  # fmt: skip


def main() -> int:
    worst = 0
    for name, (head, part) in BOMBS.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            packed = Path(scratch) / f"{name}.gz"
            packed.write_bytes(gzip.compress(head + part * (SIZE // len(part)), 6))
            seconds, megabytes = imported(packed, Path(scratch) / "home")
            size = packed.stat().st_size >> 10
        worst = max(worst, megabytes)
        print(f"{name:16} {size:6} KB {megabytes:6} MB {seconds:6.1f} s", flush=True)
    return 1 if worst > MOST_MB else 0


def imported(packed: Path, home: Path) -> tuple[float, int]:
    """Import a file; return the seconds, and the megabytes of the largest process."""
    began = time.monotonic()
    command = ("-m", "app", "import", "--home", home, "bombs", packed)
    child = os.fork()
    if not child:
        subprocess.run((sys.executable, *command), capture_output=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        (home.parent / "used").write_text(str(used >> 10))
        os._exit(0)
    os.waitpid(child, 0)
    return time.monotonic() - began, int((home.parent / "used").read_text("utf-8"))


if __name__ == "__main__":
    raise SystemExit(main())
