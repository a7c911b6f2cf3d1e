"""A second process that reads a guild's messages for its voice while an import runs.

Reading and splitting them takes a third of an import's time, and needs no word from the
first process but that all are stored.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

from app.core.names import GuildId
from app.core.paths import Home, own_command
from app.ipc.control import Progress
from app.ipc.jobs import FROM_CHILD, AllStored, FollowJob
from app.ipc.wire import Notification, RequestFrame, encode
from app.store import voice_changes
from app.store.database import Database
from app.store.voice_changes import Learnable

MANY = 20_000
"""So many new messages are worth a process of their own."""

POLL_SECONDS = 0.1

PAGE = 5_000
"""Messages read at a time; each takes a kilobyte of this process."""


class VoiceFollower:
    """The importing side of a follower, which starts when enough is stored."""

    def __init__(self, home: Home, guild: GuildId) -> None:
        self._home = home
        self._guild = guild
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "VoiceFollower":
        return self

    def __exit__(self, *error: object) -> None:
        """End the process, if it still runs."""
        if self._process:
            self._process.kill()
            self._process.communicate()

    def note(self, added: int) -> None:
        """Start the process once that many messages are worth it."""
        if self._process or added < MANY:
            return
        command = [*own_command(), "job", "--home", str(self._home.root)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
        self._send(encode(RequestFrame(1, FollowJob(self._guild))))

    def finish(self, tell: Callable[[Progress], None]) -> bool:
        """Have it write the voice; False if it does not run, or failed."""
        process = self._process
        if process is None:
            return False
        self._send(encode(Notification(AllStored())))
        assert process.stdout
        for line in process.stdout:
            frame = FROM_CHILD.decode(line)
            if isinstance(frame, Notification) and isinstance(frame.params, Progress):
                tell(frame.params)
        return process.wait() == 0

    def _send(self, line: bytes) -> None:
        assert self._process and self._process.stdin
        # The end of a process that died is seen where its output ends.
        with suppress(OSError):
            self._process.stdin.write(line)
            self._process.stdin.flush()


def followed(
    database: Database, guild: GuildId, is_whole: Callable[[float], bool]
) -> Iterator[Learnable]:
    """Yield the guild's messages to learn, and wait for those to come."""
    after = 0
    while True:
        # Asked before the look, after which nothing else can be stored.
        is_last = is_whole(0)
        page = database.call(voice_changes.learnable_page, guild, after, PAGE)
        if page:
            yield from page
            after = page[-1][0]
        elif is_last:
            return
        else:
            is_whole(POLL_SECONDS)
