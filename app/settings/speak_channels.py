"""The channels a bot may speak in: all, some, or none."""

from collections.abc import Sequence

NOWHERE = "none"
"""The only entry of a list that allows no channel; an empty one allows all."""


def may_speak_in(channels: Sequence[str], *names: str) -> bool:
    """Tell if `speak.channels` allows a channel of these names or ids."""
    if list(channels) == [NOWHERE]:
        return False
    return not channels or not set(names).isdisjoint(channels)
