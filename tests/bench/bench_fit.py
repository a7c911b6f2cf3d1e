"""Whether the memory that a model will take is told right from its header.

python -m tests.bench.bench_fit MODEL.gguf… [--contexts 3072,6144,9216]

The runner of each is started and reads a prompt; what it takes then is compared with
the estimate. Formats of the first model are made as `mynah models tune` makes them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from app.modelfiles import gguf_header
from app.runner import llama

FORMATS = {"Q8_0": 7, "IQ4_NL": 25}
"""llama.cpp's numbers of them."""

MOST_OFF = 0.15
PROMPT = "the cat sat on the mat and the dog ran after it " * 40
"""Several batches; llama.cpp sets all of its memory to zero when it makes it."""


def measure(model: Path, context: int) -> int:
    """Bytes that the runner has in memory after a prompt."""
    command = [sys.executable, "-m", "app", "runner", str(model)]
    runner = subprocess.Popen(
        [*command, f"--context={context}", "--threads=1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert runner.stdin and runner.stdout
    try:
        json.loads(runner.stdout.readline())
        params = {"stream": 1, "conversation": "a", "prompt": PROMPT, "max_tokens": 4}
        request = {"jsonrpc": "2.0", "id": 1, "method": "generate", "params": params}
        runner.stdin.write(json.dumps(request).encode() + b"\n")
        runner.stdin.flush()
        for line in runner.stdout:
            frame = json.loads(line)
            if frame.get("id") == 1:
                assert "result" in frame, frame
                break
        return int(psutil.Process(runner.pid).memory_info().rss)
    finally:
        runner.stdin.close()
        runner.wait()


def models(given: list[Path], formats: list[str], place: Path) -> Iterator[Path]:
    """The models given, and the first one in the other formats."""
    yield from given
    for name in formats:
        target = place / f"{name}.gguf"
        llama.quantise(given[0], target, FORMATS[name], threads=1)
        yield target


def main() -> None:
    """Print a row for each model and context; exits with 1 if one is far off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--contexts", default="3072,6144,9216")
    parser.add_argument("--formats", default="Q8_0,IQ4_NL")
    arguments = parser.parse_args()
    llama.start()
    worst = 0.0
    print("model                                context  estimated  measured      off")
    with tempfile.TemporaryDirectory() as directory:
        formats = arguments.formats.split(",") if arguments.formats else []
        for model in models(arguments.models, formats, Path(directory)):
            header = gguf_header.read(model)
            for context in map(int, arguments.contexts.split(",")):
                told, found = header.resident_bytes(context), measure(model, context)
                off = told / found - 1
                worst = max(worst, abs(off))
                print(
                    f"{model.name:36} {context:7} {told / 1e6:7.0f} MB"
                    f" {found / 1e6:6.0f} MB {off:+8.1%}",
                    flush=True,
                )
    sys.exit(worst > MOST_OFF)


if __name__ == "__main__":
    main()
