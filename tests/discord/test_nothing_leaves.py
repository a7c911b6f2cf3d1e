"""A whole session with the local model, watched from outside the process by strace."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import psutil
import pytest

from app.core.paths import Home
from app.settings.config_file import save
from app.store import embeddings, guilds
from app.store.database import Database
from tests.discord.real_host import LINES
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, DiscordStandIn

ROOT = Path(__file__).parents[2]

ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?"([0-9a-f.:]+)"')
OPENED = re.compile(r'(?:openat\(AT_FDCWD, |mkdir\(|creat\()"([^"]+)"(.*)')


class Watched:
    """`mynah serve` under strace, with a cache and a home directory of its own."""

    def __init__(self, home: Home, user: Path, model: Path) -> None:
        self.home = home
        self.user = user
        self.trace = user.parent / "trace"
        self.temporary = user.parent / "temporary"
        self.temporary.mkdir()
        shutil.copy(model, home.root / model.name)
        save(home.config_file, "model.name", str(home.root / model.name))
        save(home.config_file, "reply.mode", "hybrid")
        save(home.config_file, "reply.hybrid_seconds", 60.0)

    async def start(self, api_url: str) -> asyncio.subprocess.Process:
        """Start it; it may write its home, and finds an empty directory of its user."""
        script = ROOT / "tests" / "discord_stand_in" / "serve_child.py"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ORT_", "HF_", "XDG_")) and name != "DO_NOT_TRACK"
        } | {
            "DISCORD_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.user),
            "TMPDIR": str(self.temporary),
        }
        return await asyncio.create_subprocess_exec(
            "strace", "-f", "-qq", "-s", "300", "-o", str(self.trace),
            "-e", "trace=connect,sendto,sendmsg,sendmmsg,openat,creat,mkdir",
            sys.executable, str(script), api_url,
            "--home", str(self.home.root), "serve",
            cwd=ROOT, env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    def addresses(self) -> set[tuple[str, int]]:
        """Every address of the network that it connected or sent to."""
        found = ADDRESS.findall(self.trace.read_text(errors="replace"))
        return {(host, int(port)) for port, host in found}

    def written(self) -> set[str]:
        """Files and folders outside the home that it made or opened to write.

        The temporary folder is left out: it must be empty in the end.
        """
        found = set()
        for line in self.trace.read_text(errors="replace").splitlines():
            opened = OPENED.search(line)
            if opened is None or " = -1 " in line:
                continue
            path, how = opened.groups()
            makes = "openat" not in line or re.search(r"O_(WRONLY|RDWR|CREAT)", how)
            # filelock and tempfile try out the temporary folder when they are imported.
            spared = (str(self.home.root), str(self.temporary), "/dev/", "/proc/")
            if makes and not path.startswith(spared):
                found.add(path)
        return found


@pytest.mark.process
@pytest.mark.model
@pytest.mark.timeout(300)
async def test_a_session_connects_to_discord_alone_and_writes_in_its_home_alone(
    stand_in: DiscordStandIn,
    scene: Scene,
    home: Home,
    tmp_path: Path,
    starter_model: Path,
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is missing, so nothing proves what leaves this machine")
    user = tmp_path / "user"
    user.mkdir()
    watched = Watched(home, user, starter_model)
    process = await watched.start(stand_in.api_url)
    try:
        await stand_in.wait_for(stand_in.gateway.connected, 90)
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands), 60)
        general = scene.general
        await stand_in.command(general, scene.mod, "listen add", channel=general)
        for number, line in enumerate(LINES):
            await stand_in.say(general, (scene.ann, scene.ben)[number % 2], line)
        await until_embedded(home)
        await stand_in.say(general, scene.ann, f"{stand_in.bot.mention} boats today?")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()), 120)
    finally:
        # strace keeps the signal to itself; the bot is its only child.
        psutil.Process(process.pid).children()[0].terminate()
        await asyncio.wait_for(process.wait(), 60)
    discord = int(stand_in.api_url.split(":")[2].split("/")[0])
    assert {port for _, port in watched.addresses()} == {discord}
    assert {host for host, _ in watched.addresses()} == {"127.0.0.1"}
    assert watched.written() == set()
    assert list(user.rglob("*")) == []
    assert list(watched.temporary.rglob("*")) == []


async def until_embedded(home: Home) -> None:
    """Wait until the embedding library has been loaded and has done its work."""
    async with asyncio.timeout(120):
        while True:
            with Database(home.database, read_only=True) as database:
                for guild in database.call(guilds.every):
                    if database.call(embeddings.models, guild.id):
                        return
            await asyncio.sleep(0.5)
