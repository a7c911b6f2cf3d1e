"""Building a guild's voice in the tokens of a model."""

import time
from collections.abc import Callable
from pathlib import Path

from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import TokenVoiceJob, TokenVoiceJobReply
from app.runner.token_voice_builder import build_from_home

NICENESS = 10


def run(
    request: TokenVoiceJob, home: Home, tell: Callable[[Progress], None]
) -> TokenVoiceJobReply:
    """Carry out the job."""
    began = time.monotonic()

    def on_read(read: int, total: int) -> None:
        rate = read / max(time.monotonic() - began, 1e-6)
        tell(Progress("tokens", "reading tokens", read, total, "messages", rate))

    built = build_from_home(home, request.guild, Path(request.model), on_read)
    return TokenVoiceJobReply(built)
