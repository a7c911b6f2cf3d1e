"""The bot's news since the last update of the screens, kept small."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from app.ipc import control
    from app.ipc.wire import Params

MAX_LOGS = 2000
"""The most log lines between two updates, and in total."""


def is_done(job: "control.Progress") -> bool:
    """Return whether this work will report nothing more."""
    return job.finished or job.stopped or bool(job.error)


def is_finishing(job: "control.Progress") -> bool:
    """Return whether all is read, and a file is being checked or an import written."""
    return 0 < job.total <= job.done and not is_done(job)


@dataclass
class NewEvents(Message):
    """Everything new, merged so that each message appears once."""

    status: "control.StatusReply | None" = None
    tokens: defaultdict[int, list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """New pieces by stream."""
    restarted: set[int] = field(default_factory=set)
    """Streams whose earlier pieces are void; `tokens` holds the later ones."""
    logs: "deque[control.Log]" = field(default_factory=lambda: deque(maxlen=MAX_LOGS))
    progress: "dict[tuple[str, str], control.Progress]" = field(default_factory=dict)
    """The latest of each piece of work, by its `work` and `label`."""
    channels: set[tuple[int, int | None]] = field(default_factory=set)
    """(guild, channel) rows where something was written."""
    replies: set[int] = field(default_factory=set)
    """Rows of new or changed replies."""

    @property
    def forgets(self) -> "list[control.Progress]":
        """The news of forgetting."""
        return [job for job in self.progress.values() if job.work == "forget"]

    def add(self, notification: "Params") -> None:
        """Add one notification; the cost does not depend on their number."""
        # Whoever hears a notification has loaded the wire already.
        from app.ipc import control

        match notification:
            case control.StateChanged():
                self.status = notification.status
            case control.Token():
                self._add_token(notification)
            case control.Log():
                self.logs.append(notification)
            case control.Progress():
                key = notification.work, notification.label
                self.progress[key] = notification
            case control.MessageSeen():
                self.channels.add((notification.guild, notification.channel))
            case control.ReplyMade():
                self.channels.add((notification.guild, notification.channel))
                self.replies.add(notification.row)

    def _add_token(self, token: "control.Token") -> None:
        if token.restart:
            self.restarted.add(token.stream)
            self.tokens[token.stream].clear()
        self.tokens[token.stream].append(token.text)
