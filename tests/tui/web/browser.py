"""A real browser without a window, driven by its own protocol."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
    " --remote-debugging-port=0"
).split()


class Tab:
    """One page; https://chromedevtools.github.io/devtools-protocol/ names the calls."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.events: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told.get("result", told))
            else:
                self.events.append(told)

    async def call(self, method: str, **params: Any) -> Any:
        self._number += 1
        answer = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        asked = {"id": self._number, "method": method, "params": params}
        await self._socket.send_json(asked)
        return await asyncio.wait_for(answer, 30)

    async def value(self, script: str) -> Any:
        """What a script in the page gives."""
        found = await self.call("Runtime.evaluate", expression=script)
        return found["result"].get("value")

    async def press(self, key: str, code: int, *, ctrl: bool = False) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key,
                windowsVirtualKeyCode=code, modifiers=2 if ctrl else 0,
            )  # fmt: skip

    async def click(self, x: int, y: int) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
                clickCount=1,
            )  # fmt: skip

    async def picture(self) -> bytes:
        """What the page looks like, as PNG."""
        shot = await self.call("Page.captureScreenshot")
        return base64.b64decode(shot["data"])

    def asked(self) -> list[str]:
        """The addresses of everything that the page asked for."""
        urls = [
            one["params"]["request"]["url"]
            for one in self.events
            if one["method"] == "Network.requestWillBeSent"
        ]
        urls += [
            one["params"]["url"]
            for one in self.events
            if one["method"] == "Network.webSocketCreated"
        ]
        return urls

    def complaints(self) -> list[str]:
        """What the page was refused, or failed at."""
        return [
            one["params"]["entry"]["text"]
            for one in self.events
            if one["method"] == "Log.entryAdded"
            and one["params"]["entry"]["level"] == "error"
        ]


@asynccontextmanager
async def tab(profile: Path, width: int, height: int) -> AsyncIterator[Tab]:
    """Start the browser with one empty page."""
    assert CHROMIUM
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, *FLAGS, f"--user-data-dir={profile}",
        f"--window-size={width},{height}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port_file = profile / "DevToolsActivePort"
        for _ in range(300):
            if port_file.exists() and port_file.read_text("utf-8").count("\n"):
                break
            await asyncio.sleep(0.1)
        port = port_file.read_text("utf-8").split("\n")[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = await answer.json()
            (page,) = [one for one in pages if one["type"] == "page"]
            async with session.ws_connect(
                page["webSocketDebuggerUrl"], max_msg_size=0
            ) as socket:
                driven = Tab(socket)
                for domain in ("Network", "Page", "Log", "Runtime"):
                    await driven.call(f"{domain}.enable")
                yield driven
    finally:
        process.terminate()
        await process.wait()
