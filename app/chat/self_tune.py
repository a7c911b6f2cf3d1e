"""Chooses mode and voice dial by feedback, within the owner's limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from app.chat.prompt_settings import Mode, dial_of

PREFIX = "self-tuned to"
"""The start of every explanation of a choice."""

STEP = 15
"""The distance of two dials; thumbs cannot tell finer steps apart."""

OWN_LIKES = 2.0
"""The settings' own mode and dial start with this many likes, so that a guild without
opinions mostly stays as it was set."""


@dataclass(frozen=True, order=True)
class Arm:
    """A way of making replies that can be chosen."""

    mode: Mode
    dial: int

    def __str__(self) -> str:
        return f"hybrid at voice {self.dial}" if self.mode == "hybrid" else self.mode


@dataclass(frozen=True)
class ArmRecord:
    """The feedback on one arm's replies; halves are mild opinions."""

    liked: float = 0.0
    disliked: float = 0.0


@dataclass(frozen=True)
class ArmChoice:
    """The chosen arm, and the reason in plain words."""

    arm: Arm
    why: str


def arms(modes: Iterable[str], low: int, high: int) -> list[Arm]:
    """List the choices: the modes, with hybrid once for every step of the dial.

    Args:
        modes: Names of modes; unknown ones are left out.
        low: Lowest dial of hybrid, 0-100, and `high` the highest.
    """
    low, high = sorted((low, high))
    steps = max(1, round((high - low) / STEP))
    dials = sorted({low + (high - low) * at // steps for at in range(steps + 1)})
    found: list[Arm] = []
    for mode in dict.fromkeys(modes):
        if mode == "hybrid":
            found += [Arm("hybrid", dial) for dial in dials]
        elif mode == "markov" or mode == "llm":
            found.append(Arm(mode, dial_of(mode, 0)))  # type: ignore[arg-type]
    return found


def nearest(choices: Sequence[Arm], mode: str, dial: int) -> Arm | None:
    """Return the arm that such a reply counts for; None if no arm has its mode."""
    alike = [arm for arm in choices if arm.mode == mode]
    return min(alike, key=lambda arm: abs(arm.dial - dial), default=None)


def tally(
    choices: Sequence[Arm], replies: Iterable[tuple[str, int, float]]
) -> dict[Arm, ArmRecord]:
    """Add up opinions by arm.

    Args:
        replies: (mode, dial, opinion from -1 to 1) for each reply.
    """
    found: dict[Arm, ArmRecord] = {}
    for mode, dial, opinion in replies:
        arm = nearest(choices, mode, dial)
        if arm is None or not opinion:
            continue
        old = found.get(arm, ArmRecord())
        found[arm] = ArmRecord(
            old.liked + max(opinion, 0.0), old.disliked + max(-opinion, 0.0)
        )
    return found


def choose(
    choices: Sequence[Arm], records: Mapping[Arm, ArmRecord], own: Arm, rng: Random
) -> ArmChoice | None:
    """Draw an arm by Thompson sampling; None when there is nothing to choose.

    Each arm draws its chance of being liked from Beta(1 + likes, 1 + dislikes), and the
    highest wins: good arms are used most, and uncertain ones are tried now and then
    (Thompson 1933; Chapelle and Li 2011).

    Args:
        own: The arm from the settings; if it is a choice, it starts with a few likes.
        rng: Makes the draws.
    """
    if not choices:
        return None
    head_start = nearest(choices, own.mode, own.dial)
    drawn = []
    for arm in choices:
        record = records.get(arm, ArmRecord())
        liked = record.liked + (OWN_LIKES if arm == head_start else 0.0)
        drawn.append((rng.betavariate(1.0 + liked, 1.0 + record.disliked), arm))
    drawn.sort(key=lambda pair: -pair[0])
    best, arm = drawn[0]
    record = records.get(arm, ArmRecord())
    why = (
        f"{PREFIX} {arm}: {record.liked:g} liked, {record.disliked:g} disliked so far;"
        f" drew {best:.2f}"
    )
    if len(drawn) > 1:
        second, other = drawn[1]
        why += f", ahead of {other} with {second:.2f}, of {len(drawn)} tried"
    return ArmChoice(arm, why)
