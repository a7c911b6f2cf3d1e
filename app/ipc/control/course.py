"""The request for what the program did in the last hour."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class ProcessUse:
    """The memory and processor time of the processes of one kind."""

    name: str
    """bot, model or work."""
    bytes: int
    processor: float
    """Percent of one processor."""


@dataclass(frozen=True)
class CourseMoment:
    """The figures of one moment."""

    at: float
    """Seconds since the epoch."""
    tokens_per_second: float
    """The speed of the last reply by the model here; 0 before the first one."""
    queue: int
    """Replies that wait."""
    processes: list[ProcessUse]


@dataclass(frozen=True)
class CourseReply:
    """The moments of the last hour, oldest first."""

    moments: list[CourseMoment]


@dataclass(frozen=True)
class Course(Request[CourseReply]):
    """Return the figures of the last hour."""

    method: ClassVar[str] = "course"
    only_reads: ClassVar[bool] = True


COURSE_REQUESTS = (Course,)
