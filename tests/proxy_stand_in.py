"""A proxy on loopback: CONNECT tunnels, forwards plain requests, and asks for a login.

RFC 9110, section 9.3.6 (CONNECT) and RFC 9112, section 3.2.2 (absolute-form).
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


class ProxyStandIn:
    """What passed through it, by host."""

    def __init__(
        self, login: str = "", hosts: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        """`hosts` says where made-up hosts are on this computer."""
        self.url = ""
        self.asked: list[tuple[str, str]] = []
        """(method, host:port) of each request."""
        self.refused = 0
        self.upgrades = 0
        self._login = login
        self._hosts = hosts or {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ProxyStandIn"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            server.close()
            for task in [*self._tasks]:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, version = first.split(" ", 2)
        pairs = (one.partition(":") for one in lines)
        fields = {name.lower(): value.strip() for name, _, value in pairs}
        wanted = f"Basic {base64.b64encode(self._login.encode()).decode()}"
        if self._login and fields.get("proxy-authorization") != wanted:
            self.refused += 1
            writer.write(REFUSED)
            await writer.drain()
            return
        parts = urlsplit(target if "://" in target else f"//{target}")
        host, port = parts.hostname or "", parts.port or 80
        self.asked.append((method, f"{host}:{port}"))
        there = self._hosts.get(host, (host, port))
        their_reader, their_writer = await asyncio.open_connection(*there)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            is_upgrade = "upgrade" in fields
            self.upgrades += is_upgrade
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            kept = [
                one
                for one in lines
                if not one.lower().startswith("proxy-")
                and (is_upgrade or not one.lower().startswith("connection"))
            ]
            kept += [] if is_upgrade else ["Connection: close"]
            request = "\r\n".join([f"{method} {path or '/'} {version}", *kept])
            their_writer.write(f"{request}\r\n\r\n".encode("latin-1"))
        await asyncio.gather(_pump(reader, their_writer), _pump(their_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
