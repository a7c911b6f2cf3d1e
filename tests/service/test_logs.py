import asyncio
import json
import logging
import os
import stat
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest

from app.core.names import GuildId
from app.ipc import control
from app.ipc.peer import PeerGoneError
from app.modelfiles import hub_search
from app.modelfiles.hub_search import HubError
from app.service import logs
from app.service.events import Events, WatcherOutbox
from tests.hub_stand_in import CATALOGUE, Hub, running

TOKEN = "MTA" + "x" * 23 + ".GabcdE." + "y" * 30
SECRETS = [
    TOKEN,
    "sk-proj-0123456789abcdef",
    "Authorization: Bot 0123456789",
    "https://discord.com/api/webhooks/123/abcDEF",
    "https://cdn.discordapp.com/a.png?ex=66aa&is=66bb&hm=00ff",
    "https://huggingface.co/api/models?limit=40&search=my+00ff&sort=downloads",
]


@pytest.fixture
def root():
    kept = logging.getLogger().handlers[:]
    yield logging.getLogger()
    logging.getLogger().handlers[:] = kept


def test_no_secret_reaches_the_log_file_not_even_in_a_traceback(home, root):
    handler = logs.to_file(home)
    logs.set_up(handler)
    for secret in SECRETS:
        try:
            raise ValueError(f"bad answer for {secret}")
        except ValueError:
            root.exception("it failed with %s", secret)
    handler.close()
    text = home.log_file.read_text(encoding="utf-8")
    for part in ("MTAxxx", "sk-proj", "0123456789", "abcDEF", "00ff"):
        assert part not in text
    assert text.count("[secret]") >= len(SECRETS)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_log_for_programs_has_an_object_a_line_without_secrets(home, root, secret):
    handler = logs.to_file(home, is_json=True)
    logs.set_up(handler)
    try:
        raise ValueError(f"bad answer\nfor {secret}")
    except ValueError:
        root.exception("it failed\x1b[2J\nwith %s", secret)
    root.warning("later")
    handler.close()
    text = home.log_file.read_text(encoding="utf-8")
    first, second = map(json.loads, text.splitlines())
    assert first["level"] == "error" and first["logger"] == "root"
    assert first["message"].startswith("it failed\x1b[2J\nwith ")
    assert "in test_a_log_for_programs" in first["error"]
    assert datetime.fromisoformat(first["time"]).tzinfo is UTC
    assert second["message"] == "later" and "error" not in second
    assert "\x1b" not in text and first["error"].count("[secret]") >= 1
    for part in ("MTAxxx", "sk-proj", "0123456789", "abcDEF", "00ff"):
        assert part not in text


@pytest.mark.posix_only("Windows has no mode bits")
def test_the_log_lies_in_a_folder_of_its_owner_alone(home, root):
    before = os.umask(0)
    try:
        logs.to_file(home).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.log_file.parent.stat().st_mode) == 0o700


def test_nothing_in_the_log_moves_a_terminal_or_forges_a_line(home, root):
    handler = logs.to_file(home)
    logs.set_up(handler)
    root.warning("name \x1b[2J\x1b]0;x\x07 and\rINFO forged")
    handler.close()
    text = home.log_file.read_text(encoding="utf-8")
    assert "\x1b" not in text and "\r" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("library", ["discord.gateway", "httpx2", "openai", "peewee"])
def test_no_library_logs_what_people_say(root, library):
    """py-cord logs every event with its words at DEBUG, and so do the others."""
    logging.getLogger(library.partition(".")[0]).setLevel(logging.NOTSET)
    root.setLevel(logging.DEBUG)
    logs.set_up(logging.NullHandler())
    assert not logging.getLogger(library).isEnabledFor(logging.INFO)
    assert not logging.getLogger("app.any").isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize("status", [200, 503])
def test_the_log_holds_no_words_that_the_owner_searched_for(
    home, root, monkeypatch, status
):
    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.NOTSET)
    handler = logs.to_file(home)
    logs.set_up(handler)
    words = "kettle fish"
    with running(Hub(b"", models=CATALOGUE, status=status)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        try:
            hub_search.search(words, None)
        except HubError:
            root.exception("the search failed")
        handler.close()
        assert quote_plus(words) in hub.asked[0]
    assert "fish" not in home.log_file.read_text(encoding="utf-8")


class Slow:
    def __init__(self):
        self.heard, self.gate = [], asyncio.Event()

    async def notify(self, notification):
        await self.gate.wait()
        self.heard.append(notification)


class Gone:
    async def notify(self, notification):
        raise PeerGoneError("gone")


async def test_records_become_notifications_without_secrets(root):
    news, watcher = Events(), Slow()
    watcher.gate.set()
    news.watch(watcher)
    handler = logs.NewsHandler(news)
    handler.emit(
        logging.LogRecord("app.x", logging.WARNING, "", 1, "key %s", (TOKEN,), None)
    )
    await asyncio.sleep(0.05)
    (line,) = watcher.heard
    assert isinstance(line, control.Log)
    assert (line.level, line.source, line.text) == ("warning", "app.x", "key [secret]")
    news.close()


async def test_who_starts_to_watch_later_hears_the_lines_logged_before():
    news, late = Events(), Slow()
    late.gate.set()
    for number in range(600):
        news.tell(control.Log("info", "app.x", str(number), 0.0))
    news.watch(late)
    await asyncio.sleep(0.05)
    assert [line.text for line in late.heard] == [str(n) for n in range(100, 600)]
    news.close()


async def test_a_watcher_that_reads_slowly_costs_nobody_anything():
    news, slow, quick = Events(), Slow(), Slow()
    quick.gate.set()
    news.watch(slow)
    news.watch(quick)
    for number in range(5000):
        news.tell(control.ReplyMade(number, GuildId(1), None))
        if number % 100 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert quick.heard[-1].row == 4999
    slow.gate.set()
    await asyncio.sleep(0.05)
    assert len(slow.heard) <= 2001
    news.close()


async def test_an_outbox_waits_for_its_reader_and_not_for_one_that_left():
    slow = Slow()
    outbox = WatcherOutbox(slow)
    outbox.put(control.Token(1, "a"))
    asyncio.get_running_loop().call_later(0.05, slow.gate.set)
    await outbox.drain()
    assert [item.text for item in slow.heard] == ["a"]
    gone = WatcherOutbox(Gone())
    gone.put(control.Token(1, "a"))
    async with asyncio.timeout(1):
        await gone.drain()
