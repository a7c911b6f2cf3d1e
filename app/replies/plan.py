"""The plan of a reply: all that is settled before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.chat import reply_time
from app.chat.prompt_settings import Mode
from app.core.explanation import RungOutcome
from app.replies.mode_choice import Drawn
from app.replies.request import ReplyRequest
from app.settings.schema import Config
from app.store.rows import StoredCharacter
from app.voice.voice import Voice

TOO_BUSY = "the computer was so busy that too little time was left"

LIKE_DIAL = 70
"""The least dial of replies that speak like a member."""


@dataclass(frozen=True)
class ReplyPlan:
    """All that is settled before one reply is written."""

    request: ReplyRequest
    """With the mode and dial that were drawn for it, if they were."""
    config: Config
    voice: Voice
    mode: Mode
    names: Sequence[str]
    """The language models to ask, in order; none where the chain writes."""
    drawn: Drawn | None
    skipped: tuple[RungOutcome, ...] = ()
    """The models that are not asked, and why."""


def as_role(config: Config, role: StoredCharacter) -> Config:
    """Return settings with the name, the persona and the dial of a character."""
    dial = config.reply.dial if role.dial is None else role.dial
    return replace(
        config,
        bot=replace(config.bot, name=role.name),
        reply=replace(config.reply, persona=role.about, dial=dial),
    )


def as_member(request: ReplyRequest, config: Config) -> ReplyRequest:
    """Return the request with a mode and a dial in which the member is heard."""
    wanted = request.mode or config.reply.mode
    dial = config.reply.dial if request.dial is None else request.dial
    mode = "markov" if wanted == "markov" else "hybrid"
    return replace(request, mode=mode, dial=max(dial, LIKE_DIAL))


def in_time(plan: ReplyPlan, worked_ms: float, limit_ms: float) -> ReplyPlan:
    """Return the plan, without models if the computer is too busy for any."""
    if worked_ms <= limit_ms * reply_time.LATE_SHARE:
        return plan
    skipped = (RungOutcome(name, "skipped", TOO_BUSY) for name in plan.names)
    return replace(plan, names=[], skipped=(*plan.skipped, *skipped))
