"""What the bot said since the screens last looked, kept small however much it says."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textual.message import Message

from app.tui.linking import Json

if TYPE_CHECKING:
    from app.ipc import control

MAX_LOGS = 2000
"""Log lines kept between two looks, and in all."""


def is_done(job: "control.Progress") -> bool:
    """Whether nothing more will come of this work."""
    return job.finished or bool(job.error) or 0 < job.total <= job.done


@dataclass
class News(Message):
    """Everything new, a message however many notifications it came as."""

    status: Json | None = None
    tokens: dict[int, list[str]] = field(default_factory=dict)
    """New pieces by stream."""
    restarted: set[int] = field(default_factory=set)
    """Streams whose pieces so far count no longer; `tokens` are what came after."""
    logs: "list[control.Log]" = field(default_factory=list)
    progress: "dict[tuple[str, str], control.Progress]" = field(default_factory=dict)
    """The latest of each piece of work, by its `work` and `label`."""
    channels: set[tuple[int, int | None]] = field(default_factory=set)
    """(guild, channel) rows where something was written."""
    replies: set[int] = field(default_factory=set)
    """Rows of new or changed replies."""


class Inbox:
    """Collects notifications into the next `News`."""

    def __init__(self) -> None:
        self._status: Json | None = None
        self._tokens: defaultdict[int, list[str]] = defaultdict(list)
        self._restarted: set[int] = set()
        self._logs: deque[control.Log] = deque(maxlen=MAX_LOGS)
        self._progress: dict[tuple[str, str], control.Progress] = {}
        self._channels: set[tuple[int, int | None]] = set()
        self._replies: set[int] = set()

    def put(self, notification: Any) -> None:
        """Add one notification; costs the same however many are waiting."""
        match notification.method:
            case "state":
                self._status = notification.status
            case "token":
                self._put_token(notification)
            case "log":
                self._logs.append(notification)
            case "progress":
                key = notification.work, notification.label
                self._progress[key] = notification
            case "message":
                self._channels.add((notification.guild, notification.channel))
            case "reply":
                self._channels.add((notification.guild, notification.channel))
                self._replies.add(notification.row)

    def _put_token(self, token: "control.Token") -> None:
        if token.restart:
            self._restarted.add(token.stream)
            self._tokens[token.stream].clear()
        self._tokens[token.stream].append(token.text)

    def take(self) -> News:
        """All that came since the last call."""
        news = News(
            status=self._status,
            tokens=dict(self._tokens),
            restarted=self._restarted,
            logs=list(self._logs),
            progress=self._progress,
            channels=self._channels,
            replies=self._replies,
        )
        self.__init__()  # type: ignore[misc]
        return news
