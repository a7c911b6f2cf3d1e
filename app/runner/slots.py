"""Sequences of the KV memory: the tokens each holds, and the one a prompt reuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MIN_COPIED = 8
"""The fewest tokens worth copying, since llama.cpp copies a whole part."""


@dataclass
class Slot:
    """One sequence of the KV memory."""

    sequence: int
    tokens: list[int] = field(default_factory=list)
    """Evaluated tokens, in order, which a later prompt may share."""
    guild: str = ""
    """The guild whose prompt it holds; no other one's may share it."""
    conversation: str = ""
    adapter: str = ""
    """The LoRA adapter that the tokens were evaluated with; others cannot share it."""
    used: int = 0
    """The number of its last use."""
    is_busy: bool = False

    def is_of(self, guild: str, conversation: str) -> bool:
        """Return whether it holds that conversation of that guild."""
        return (self.guild, self.conversation) == (guild, conversation)


@dataclass(frozen=True)
class Plan:
    """The placement of a prompt in the memory."""

    slot: Slot
    source: Slot | None
    """The slot whose first tokens are copied; None reuses the slot's own."""
    reused: int
    """Tokens that need not be evaluated."""


def shared_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the number of first tokens that two sequences share."""
    for place, (mine, other) in enumerate(zip(left, right, strict=False)):
        if mine != other:
            return place
    return min(len(left), len(right))


class Slots:
    """All sequences of one context."""

    def __init__(self, count: int, can_roll_back: bool) -> None:
        """Reuse a slot whole or not at all if the model cannot roll back."""
        self.slots = [Slot(sequence) for sequence in range(count)]
        self._can_roll_back = can_roll_back
        self._takings = 0

    def plan(
        self, guild: str, conversation: str, prompt: Sequence[int], adapter: str = ""
    ) -> Plan | None:
        """Choose the slot for a prompt and what it reuses; None while all are busy.

        At least the prompt's last token must be evaluated, for its logits. What another
        guild's prompt begins with is read again: time saved would tell of its words.
        """
        idle = [slot for slot in self.slots if not slot.is_busy]
        if not idle:
            return None
        shared = self._shared(guild, prompt, adapter)
        best = max(self.slots, key=lambda slot: shared[slot.sequence])
        saved = shared[best.sequence]
        for slot in idle:
            if slot.is_of(guild, conversation) and shared[slot.sequence] == saved:
                return Plan(slot, None, saved)
        if not self._can_roll_back and saved and not best.is_busy:
            return Plan(best, None, saved)
        target = self._to_be_lost(idle, guild, conversation)
        own = shared[target.sequence]
        if self._can_roll_back and saved - own >= MIN_COPIED:
            return Plan(target, best, saved)
        return Plan(target, None, own)

    def cached(self, guild: str, prompt: Sequence[int], adapter: str = "") -> int:
        """Return how much of a guild's prompt is in the memory now."""
        return max(self._shared(guild, prompt, adapter).values())

    def _shared(
        self, guild: str, prompt: Sequence[int], adapter: str
    ) -> dict[int, int]:
        """Return what a prompt could reuse of each sequence."""
        most = len(prompt) - 1
        return {
            slot.sequence: self._reusable(slot, prompt, most)
            if (slot.guild, slot.adapter) == (guild, adapter)
            else 0
            for slot in self.slots
        }

    def take(
        self,
        plan: Plan,
        guild: str,
        conversation: str,
        prompt: Sequence[int],
        adapter: str = "",
    ) -> None:
        """Mark the plan's slot as busy with this conversation."""
        self._takings += 1
        slot = plan.slot
        slot.tokens = list(prompt[: plan.reused])
        slot.guild = guild
        slot.conversation = conversation
        slot.adapter = adapter
        slot.used = self._takings
        slot.is_busy = True

    def oldest_idle(self) -> Slot | None:
        """Return the idle slot with tokens that was used longest ago, or None."""
        full = [slot for slot in self.slots if slot.tokens and not slot.is_busy]
        return min(full, key=lambda slot: slot.used, default=None)

    def _reusable(self, slot: Slot, prompt: Sequence[int], most: int) -> int:
        shared = min(shared_prefix(slot.tokens, prompt), most)
        if self._can_roll_back or shared == len(slot.tokens):
            return shared
        return 0

    @staticmethod
    def _to_be_lost(idle: Iterable[Slot], guild: str, conversation: str) -> Slot:
        """Return an empty slot, the conversation's own, or the least recently used."""
        return min(
            idle,
            key=lambda slot: (
                bool(slot.tokens),
                not slot.is_of(guild, conversation),
                slot.used,
            ),
        )
