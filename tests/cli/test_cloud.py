"""The cloud from the command line: consent, a reply, the bill, the lock."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from app.paths import Home
from tests.openai_stand_in import REPLY, StandIn, running

pytestmark = pytest.mark.process


async def mynah(home: Home, *words: str, stdin: str = "") -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *words, "--home", str(home.root),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def stand_in():
    async with running(StandIn()) as server:
        yield server


@pytest.fixture
async def learned(home: Home, tmp_path: Path, stand_in: StandIn) -> Home:
    home.config_file.write_text(
        f'[openai]\nbase_url = "{stand_in.base_url}"\n[reply]\nllm_seconds = 20.0\n',
        encoding="utf-8",
    )
    file = tmp_path / "lines.txt"
    file.write_text("the cat sat\nthe dog sat too\na cat ate fish\n", encoding="utf-8")
    assert (await mynah(home, "import", "den", str(file)))[0] == 0
    return home


SAY = ("say", "--guild", "den", "--mode", "llm", "--json", "anyone?")
TO_CLOUD = ("config", "set", "reply.provider", "openai", "--guild", "den")


async def test_the_first_switch_says_what_leaves_and_asks(learned, stand_in):
    code, _, err = await mynah(learned, *TO_CLOUD)
    assert code == 64
    assert "leaves this computer" in err and "--yes" in err
    code, out, _ = await mynah(learned, *SAY)
    assert json.loads(out)["provider"] == "markov"
    assert not stand_in.served
    assert (await mynah(learned, *TO_CLOUD, "--yes"))[0] == 0
    code, out, _ = await mynah(learned, *SAY)
    said = json.loads(out)
    assert (said["provider"], said["text"]) == ("openai", REPLY)
    assert said["cost"] > 0


async def test_usage_tells_what_it_cost_and_what_left(learned, stand_in):
    await mynah(learned, *TO_CLOUD, "--yes")
    for _ in range(2):
        await mynah(learned, *SAY)
    _, out, _ = await mynah(learned, "usage", "--json")
    usage = json.loads(out)
    (day,) = usage["days"]
    assert (day["guild"], day["model"], day["calls"]) == ("den", "gpt-4o-mini", 2)
    served = stand_in.served
    assert day["bytes_sent"] == sum(one.bytes_received for one in served)
    assert day["prompt_tokens"] == sum(one.prompt_tokens for one in served)
    assert usage["today"] == pytest.approx(day["cost"])
    assert [one["host"] for one in usage["sent"]] == ["127.0.0.1"] * 2
    assert all(one["reply"] for one in usage["sent"])
    _, text, _ = await mynah(learned, "usage")
    for words in ("today", "By server", "den", "By model", "gpt-4o-mini", "127.0.0.1"):
        assert words in text


async def test_a_used_up_budget_ends_the_cloud_and_not_the_talk(learned, stand_in):
    await mynah(learned, *TO_CLOUD, "--yes")
    await mynah(learned, *SAY)
    await mynah(learned, "config", "set", "openai.daily_budget", "0.000001")
    _, out, _ = await mynah(learned, *SAY)
    said = json.loads(out)
    assert said["provider"] == "markov"
    assert "budget of the day for all is used up" in said["rungs"][0]["reason"]
    assert len(stand_in.served) == 1


async def test_a_locked_server_sends_nothing_whatever_is_asked(learned, stand_in):
    await mynah(learned, *TO_CLOUD, "--yes")
    await mynah(learned, "config", "set", "reply.local_only", "on", "--guild", "den")
    _, out, _ = await mynah(learned, *SAY, "--provider", "openai")
    said = json.loads(out)
    assert said["provider"] == "markov"
    assert "locked to this computer" in said["rungs"][0]["reason"]
    assert not stand_in.served


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("key", "refused the key"),
        ("quota", "no credit left"),
        ("model", "has no model gpt-4o-mini"),
        ("html", "a problem of its own (502)"),
        ("malformed", "what cannot be read"),
    ],
)
async def test_every_failure_is_told_in_words(learned, stand_in, fault, words):
    stand_in.choose = lambda body: fault
    await mynah(learned, *TO_CLOUD, "--yes")
    _, out, _ = await mynah(learned, *SAY)
    said = json.loads(out)
    assert said["provider"] == "markov"
    assert words in said["rungs"][0]["reason"]
