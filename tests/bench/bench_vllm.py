"""The voice in real vLLM beside the runner here: `python -m tests.bench.bench_vllm
--python VLLM/bin/python MODEL.gguf`.

The python is that of an environment with vLLM, `gguf`, `accelerate` and the plug-in, as
the guide many-servers tells. The model is made into vLLM's form first, which rounds its
weights in another way, so replies differ now and then without any voice as well: the
rows of dial 0 tell how often. All replies take the likeliest token.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from app.core.names import GuildId
from app.core.paths import Home, own_command, sample_file
from app.ipc.inference import HOST_FIELD, FusedByHost, Generate, GenerateReply
from app.modelfiles import vocabularies
from app.runner import llama, model_loader
from app.runner.generation import Generation
from app.runner.open_voices import OpenVoices
from app.runner.sampler import Chooser
from app.runner.scheduler import Scheduler
from app.runner.token_voice_builder import build_from_home
from app.store import guilds, voice_changes
from app.store.database import Database
from app.store.engines.address import place_of

ROOT = Path(__file__).parents[2]
NAME, PORT = "bench", 8129
URL = f"http://127.0.0.1:{PORT}"
START_SECONDS = 300
DIALS, TURNS, TOKENS, TOGETHER = (0, 50, 90), 6, 40, 6

MAKE_MODEL = """
import sys
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoTokenizer
source, target = map(Path, sys.argv[1:])
options = {"gguf_file": source.name}
words = AutoTokenizer.from_pretrained(source.parent, **options)
model = AutoModelForCausalLM.from_pretrained(source.parent, dtype="float32", **options)
# The weights are whole numbers no more, but still called so.
model.config.__dict__.pop("quantization_config", None)
model.hf_quantizer, model.is_quantized = None, False
model.save_pretrained(target)
words.save_pretrained(target)
"""


class Asked(NamedTuple):
    """A conversation on a server; row 0 is no server, and asks for no voice."""

    guild: GuildId
    log: str


class Written(NamedTuple):
    text: str
    tokens: int
    token_ms: float = 0.0
    """Milliseconds a token after the first; 0 if there was no second."""


@contextmanager
def serving(python: Path, model: Path, home: Home) -> Iterator[None]:
    """Run vLLM until the end of the block."""
    environment = {
        **os.environ,
        "MYNAH_HOME": str(home.root),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'assets' / 'vllm'}",
        "VLLM_USE_V2_MODEL_RUNNER": "0",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }
    command = [python.with_name("vllm"), "serve", model, "--served-model-name", NAME]
    command += ["--host", "127.0.0.1", "--port", str(PORT), "--max-model-len", "2048"]
    command += ["--enforce-eager", "--max-num-seqs", str(TOGETHER)]
    log = home.root / "vllm.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*map(str, command)],
            env=environment,
            cwd=home.root,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + START_SECONDS
            while not is_there() or not any(home.hosts.glob("*.json")):
                if server.poll() is not None or time.monotonic() > until:
                    raise SystemExit(log.read_text("utf-8", "replace")[-3000:])
                time.sleep(1)
            yield
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def is_there() -> bool:
    try:
        with urllib.request.urlopen(f"{URL}/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def generate(asked: Asked, dial: int) -> Generate:
    return Generate(
        0,
        "c",
        asked.log,
        # The log is all there is; so the runner reads no template either.
        marked=["", asked.log],
        dial=dial,
        temperature=0.0,
        seed=1,
        max_tokens=TOKENS,
        line_start="Mynah:",
    )


def by_vllm(asked: Asked, dial: int) -> Written:
    body: dict[str, Any] = {
        "model": NAME,
        "prompt": asked.log,
        "max_tokens": TOKENS,
        "temperature": 0,
        "add_special_tokens": False,
        "stream": True,
    }
    if asked.guild:
        wanted = FusedByHost(asked.guild, [], generate(asked, dial))
        body["vllm_xargs"] = {HOST_FIELD: json.dumps(asdict(wanted))}
    request = urllib.request.Request(
        f"{URL}/v1/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    text, times = "", list[float]()
    with urllib.request.urlopen(request, timeout=120) as answer:
        for line in answer:
            if line.startswith(b"data: {"):
                (choice,) = json.loads(line[6:])["choices"]
                text += choice["text"]
                times.append(time.perf_counter())
    between = (times[-1] - times[0]) * 1000 / max(len(times) - 1, 1)
    return Written(text.strip(), len(times), between)


class Here:
    """The runner on this machine."""

    def __init__(self, home: Home, model: Path) -> None:
        self.home, self.file = home, model
        self.loaded = model_loader.load(model, context=6144, threads=1, gpu_layers=0)
        self.voices = OpenVoices(self.loaded.model)
        self.scheduler = Scheduler(self.loaded.context, self.loaded.can_roll_back)

    def write(self, asked: Asked, dial: int) -> Written:
        path = self.home.token_voice(asked.guild, vocabularies.name_of(self.file))
        voice = self.voices.get(str(path))
        request, model = generate(asked, dial), self.loaded.model
        prompt, done = model.tokens(asked.log), list[GenerateReply]()
        rng = np.random.default_rng(1)
        chooser = Chooser(model, request, voice, prompt, rng)
        self.scheduler.submit(
            Generation(
                request, prompt, chooser, time.perf_counter(),
                lambda *_: None, done.append,
            )
        )  # fmt: skip
        while not self.scheduler.is_idle:
            self.scheduler.step()
        return Written(done[0].text.strip(), done[0].completion_tokens)


def learn(home: Home) -> list[GuildId]:
    """Learn both sample servers."""
    environment = {**os.environ, "MYNAH_HOME": str(home.root)}
    for name in ("The Leaky Kettle", "The Globe"):
        command = [*own_command(), "import", name, str(sample_file(name))]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    with Database(place_of(home), read_only=True) as database:
        return [guild.id for guild in database.call(guilds.every)]


def conversations(home: Home, servers: Sequence[GuildId], each: int) -> list[Asked]:
    """Return talks of each server, in turn."""
    found: list[list[Asked]] = []
    with Database(place_of(home), read_only=True) as database:
        for guild in servers:
            rows = database.call(voice_changes.learnable_page, guild, 0, 2000)
            lines = [f"p{at % 3}: {text[:120]}" for at, (_, text, _) in enumerate(rows)]
            starts = [len(lines) * at // (each + 1) for at in range(each)]
            found.append(
                [
                    Asked(guild, "\n".join([*lines[at : at + TURNS], "Mynah:"]))
                    for at in starts
                ]
            )
    return [asked for pair in zip(*found, strict=True) for asked in pair]


def common(one: str, other: str) -> float:
    """Return the share of a text's words before it differs from another."""
    words, others = one.split(), other.split()
    same = 0
    for word, its in zip(words, others, strict=False):
        if word != its:
            break
        same += 1
    return same / max(len(words), len(others), 1)


def told_alike(title: str, ones: Sequence[Written], others: Sequence[Written]) -> None:
    pairs = [(one.text, its.text) for one, its in zip(ones, others, strict=True)]
    equal = sum(one == its for one, its in pairs)
    begun = np.mean([common(*pair) for pair in pairs])
    print(f"  {title}: {equal} of {len(pairs)} replies equal, {begun:.0%} of words")


def measured(title: str, every: Sequence[Asked], dial: int, together: int) -> None:
    """Tell the time between two tokens: replies are of different lengths."""
    with ThreadPoolExecutor(together) as pool:
        done = list(pool.map(lambda asked: by_vllm(asked, dial), every))
    took = median(one.token_ms for one in done if one.token_ms)
    rate = together * 1000 / took
    print(f"  {title}, {together} at once: {took:.0f} ms a token, {rate:.1f} a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a GGUF file")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--each", type=int, default=10, help="talks of each server")
    arguments = parser.parse_args()
    # The block around vLLM ends it then as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory:
        home, made = Home(Path(directory) / "home").create(), Path(directory) / "model"
        source = arguments.model.resolve()
        command = [arguments.python, "-c", MAKE_MODEL, source, made]
        subprocess.run([*map(str, command)], check=True, capture_output=True)
        servers = learn(home)
        with serving(arguments.python, made, home):
            llama.start()
            for guild in servers:
                for file in (source, home.host_tokenizer(NAME)):
                    build_from_home(home, guild, file, lambda read, total: None)
            compare(home, source, conversations(home, servers, arguments.each))


def compare(home: Home, model: Path, every: Sequence[Asked]) -> None:
    here = Here(home, model)
    plain = [Asked(GuildId(0), asked.log) for asked in every]
    print("vLLM beside the runner here")
    for dial in DIALS:
        told = [by_vllm(asked, dial) for asked in every]
        told_alike(f"dial {dial}", told, [here.write(asked, dial) for asked in every])
    print("vLLM with two servers and no server in one batch, beside one at a time")
    mixed = [asked for pair in zip(every, plain, strict=True) for asked in pair]
    alone = [by_vllm(asked, 50) for asked in mixed]
    with ThreadPoolExecutor(TOGETHER) as pool:
        batch = list(pool.map(lambda asked: by_vllm(asked, 50), mixed))
    told_alike("fused", batch[::2], alone[::2])
    told_alike("without a voice", batch[1::2], alone[1::2])
    print("speed")
    for together in (1, TOGETHER):
        measured("without a voice", plain, 0, together)
        measured("with the voice", every, 50, together)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
