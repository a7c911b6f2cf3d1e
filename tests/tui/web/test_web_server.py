"""The screens in a browser: behind a key, from this address, and from no other host."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest
from yarl import URL

from app.core.errors import UsageError
from app.core.paths import Home
from app.tui.web import web_server
from app.tui.web.web_server import WebScreens
from tests.tui.web import browser

pytestmark = pytest.mark.process

SCREENS = [
    sys.executable, "-c",
    "import sys; out = sys.stdout.buffer; out.write(b'__GANGLION__\\nD\\0\\0\\0\\1x');"
    " out.flush(); sys.stdin.buffer.read(1)",
]  # fmt: skip
"""A program that begins as screens do, draws one letter, and ends when it is told."""


VIEWPORT = "document.querySelector('.xterm-viewport')"
"""Would have a bar of its own beside the screens, which have theirs."""


@asynccontextmanager
async def served(command: list[str] = SCREENS) -> AsyncIterator[WebScreens]:
    before = set(psutil.Process().children())
    screens = WebScreens("127.0.0.1", 0, command)
    await screens.start()
    try:
        yield screens
    finally:
        await screens.stop()
        # textual-serve waits for the end of what a process says, not for its own.
        for _ in range(100):
            if before.issuperset(psutil.Process().children()):
                break
            await asyncio.sleep(0.05)
        # The loop hears of it a moment after the system.
        await asyncio.sleep(0.1)


@asynccontextmanager
async def visitor(screens: WebScreens) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that was here with the key, and has the cookie."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as session:
        async with session.get(screens.address) as answer:
            assert answer.status == 200
        yield session


def base_of(screens: WebScreens) -> str:
    return str(URL(screens.address).origin())


@pytest.mark.parametrize("query", ["", "?key=", "?key=wrong", "?key=%E2%98%83"])
async def test_without_the_key_nothing_is_told(query: str):
    async with served() as screens, aiohttp.ClientSession() as session:
        base = base_of(screens)
        for path in (f"/{query}", "/ws", "/static/js/textual.js", "/mynah.css"):
            async with session.get(f"{base}{path}") as answer:
                assert answer.status == 403
        cookie = {f"mynah-{URL(base).port}": URL(screens.address).query["key"]}
        async with session.get(f"{base}/", cookies=cookie) as answer:
            assert answer.status == 403, "the key is not the cookie"


async def test_a_cookie_that_is_no_text_is_refused_like_any_other():
    async with served() as screens:
        url = URL(base_of(screens))
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = f"GET / HTTP/1.0\r\nHost: {url.host}:{url.port}\r\n".encode()
        writer.write(head + f"Cookie: mynah-{url.port}=".encode() + b"\xff\r\n\r\n")
        assert b" 403 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_the_key_leaves_the_address_and_the_cookie_stays_with_the_browser():
    async with served() as screens, aiohttp.ClientSession() as session:
        async with session.get(screens.address, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert URL(screens.address).query["key"] not in cookie


async def test_two_starts_have_two_keys():
    async with served() as one, served() as other:
        assert len(URL(one.address).query["key"]) >= 40
        assert URL(one.address).query["key"] != URL(other.address).query["key"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1"])
async def test_a_name_that_leads_here_by_a_trick_is_refused(host: str):
    async with served() as screens, visitor(screens) as session:
        named = host.format(port=URL(screens.address).port)
        base = base_of(screens)
        async with session.get(base, headers={"Host": named}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "{base}.evil", None])
async def test_no_other_page_opens_the_screens(origin: str | None):
    async with served() as screens, visitor(screens) as session:
        base = base_of(screens)
        headers = {"Origin": origin.format(base=base)} if origin else {}
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{base}/ws", headers=headers)
        assert caught.value.status == 403


async def test_the_page_may_load_from_here_alone():
    async with served() as screens, visitor(screens) as session:
        async with session.get(base_of(screens)) as answer:
            policy = answer.headers["Content-Security-Policy"]
            page = await answer.text()
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert page.count("://") == 1
        assert f"ws://127.0.0.1:{URL(screens.address).port}/ws" in page
        async with session.get(f"{base_of(screens)}/static/") as answer:
            assert answer.status == 403, "no list of files"


async def test_only_a_few_pages_are_open_at_once():
    async with served() as screens, visitor(screens) as session:
        base = base_of(screens)
        pages = [
            await session.ws_connect(f"{base}/ws", headers={"Origin": base})
            for _ in range(web_server.MOST_BROWSERS)
        ]
        assert [(await page.receive()).data for page in pages] == [b"x"] * len(pages)
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{base}/ws", headers={"Origin": base})
        assert caught.value.status == 503
        for page in pages:
            await page.close()


async def test_the_server_ends_after_its_screens(tmp_path: Path):
    ended = tmp_path / "ended"
    slow = SCREENS[-1] + f"; import time; time.sleep(2); open({str(ended)!r}, 'x')"
    async with (
        served([*SCREENS[:-1], slow]) as screens,
        visitor(screens) as session,
    ):
        base = base_of(screens)
        page = await session.ws_connect(f"{base}/ws", headers={"Origin": base})
        assert (await page.receive()).data == b"x"
        await screens.stop()
        assert ended.exists()


def test_only_numbers_name_a_place():
    assert web_server.place_of("8017") == ("127.0.0.1", 8017)
    assert web_server.place_of("localhost:1") == ("127.0.0.1", 1)
    assert web_server.place_of("[::1]:8") == ("::1", 8)
    for wrong in ("", "x", "evil.example:80", "127.0.0.1", "127.0.0.1:70000", "1:²"):
        with pytest.raises(UsageError):
            web_server.place_of(wrong)


@pytest.mark.skipif(not browser.CHROMIUM, reason="no Chromium on this machine")
async def test_a_real_browser_shows_the_screens_and_takes_keys(
    home: Home, tmp_path: Path
):
    command = [sys.executable, "-m", "app", "--home", str(home.root)]
    async with (
        served(command) as screens,
        browser.tab(tmp_path / "profile", 1300, 800) as tab,
    ):
        await tab.call("Page.navigate", url=screens.address)
        await until(lambda: tab.value("document.body.className"), "-first-byte")
        assert await tab.value("location.search") == ""
        assert await tab.value(f"{VIEWPORT}.offsetWidth - {VIEWPORT}.clientWidth") == 0
        # The first steps are open: they close, and the colors change.
        await tab.click(650, 400)
        await tab.press("Escape", 27)
        for _ in range(60):
            if home.theme_file.exists():
                break
            await tab.press("t", 84, ctrl=True)
            await asyncio.sleep(0.5)
        assert home.theme_file.exists()
        port = URL(screens.address).port
        assert {URL(url).authority for url in tab.asked()} == {f"127.0.0.1:{port}"}
        assert tab.complaints() == []


async def until(asked, words: str) -> None:
    for _ in range(300):
        if words in (await asked() or ""):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"no {words}")
