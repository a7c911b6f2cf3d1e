"""Which slot a prompt gets, and what it need not read again."""

from hypothesis import given
from hypothesis import strategies as st

from app.runner.slots import MIN_COPIED, Slots, shared_prefix

few = st.lists(st.integers(0, 2), max_size=12)


def planned(slots, conversation, prompt, guild="1"):
    plan = slots.plan(guild, conversation, prompt)
    assert plan is not None
    return plan


def filled(slots, conversation, prompt, guild="1"):
    plan = planned(slots, conversation, prompt, guild)
    slots.take(plan, guild, conversation, prompt)
    plan.slot.tokens = list(prompt)
    plan.slot.is_busy = False
    return plan


def test_a_conversation_that_goes_on_reads_only_what_is_new():
    slots = Slots(3, can_roll_back=True)
    first = filled(slots, "a", [1, 2, 3])
    again = planned(slots, "a", [1, 2, 3, 4, 5])
    assert again.slot is first.slot
    assert (again.source, again.reused) == (None, 3)


def test_the_last_token_is_always_read_for_its_logits():
    slots = Slots(1, can_roll_back=True)
    filled(slots, "a", [1, 2, 3])
    assert planned(slots, "a", [1, 2, 3]).reused == 2


def test_another_conversation_does_not_destroy_one_with_the_same_beginning():
    slots = Slots(3, can_roll_back=True)
    begin = [*range(MIN_COPIED)]
    first = filled(slots, "a", [*begin, 33, 34])
    plan = planned(slots, "b", [*begin, 99, 99])
    assert plan.slot is not first.slot
    assert (plan.source, plan.reused) == (first.slot, MIN_COPIED)


def test_a_few_tokens_are_sooner_read_than_copied():
    slots = Slots(3, can_roll_back=True)
    begin = [*range(MIN_COPIED - 1)]
    filled(slots, "a", [*begin, 33, 34])
    plan = planned(slots, "b", [*begin, 99, 99])
    assert (plan.source, plan.reused) == (None, 0)


def test_a_busy_slot_is_never_taken_but_its_beginning_may_be_copied():
    slots = Slots(2, can_roll_back=True)
    begin = [*range(MIN_COPIED)]
    busy = filled(slots, "a", begin)
    busy.slot.is_busy = True
    plan = planned(slots, "a", [*begin, 99])
    assert plan.slot is not busy.slot
    assert (plan.source, plan.reused) == (busy.slot, MIN_COPIED)
    plan.slot.is_busy = True
    assert slots.plan("1", "c", [7]) is None


def test_guilds_share_no_beginning_not_even_of_the_same_words():
    slots = Slots(2, can_roll_back=True)
    same = [*range(3 * MIN_COPIED)]
    first = filled(slots, "a", same, "one")
    assert slots.cached("one", same) == len(same) - 1
    assert slots.cached("other", same) == 0
    plan = planned(slots, "a", same, "other")
    assert plan.slot is not first.slot
    assert (plan.source, plan.reused) == (None, 0)


def test_what_a_guild_left_in_a_slot_is_of_no_use_to_the_next():
    slots = Slots(1, can_roll_back=True)
    same = [*range(3 * MIN_COPIED)]
    filled(slots, "a", same, "one")
    assert filled(slots, "a", same, "other").reused == 0
    assert slots.cached("one", same) == 0


def test_the_least_recently_used_slot_is_lost_first():
    slots = Slots(2, can_roll_back=True)
    first = filled(slots, "a", [1, 1, 1])
    filled(slots, "b", [2, 2, 2])
    assert planned(slots, "c", [3, 3, 3]).slot is first.slot
    assert slots.oldest_idle() is first.slot


def test_without_roll_back_a_slot_is_reused_whole_or_not_at_all():
    slots = Slots(1, can_roll_back=False)
    filled(slots, "a", [1, 2, 3])
    assert planned(slots, "a", [1, 2, 3, 4]).reused == 3
    assert planned(slots, "a", [1, 2, 9, 9]).reused == 0
    assert planned(slots, "a", [1, 2, 3]).reused == 0


@given(
    st.lists(
        st.tuples(st.sampled_from("12"), st.sampled_from("abcd"), few.filter(bool)),
        max_size=20,
    ),
    st.booleans(),
)
def test_every_plan_reuses_only_what_is_truly_there_and_its_guilds_own(
    prompts, can_roll_back
):
    slots = Slots(3, can_roll_back)
    for guild, conversation, prompt in prompts:
        plan = planned(slots, conversation, prompt, guild)
        held = (plan.source or plan.slot).tokens
        assert plan.reused == 0 or (plan.source or plan.slot).guild == guild
        assert plan.reused < len(prompt)
        assert held[: plan.reused] == prompt[: plan.reused]
        if not can_roll_back:
            assert plan.source is None
            assert plan.reused in (0, len(held))
        filled(slots, conversation, prompt, guild)


@given(few, few)
def test_the_shared_prefix_is_the_longest(left, right):
    size = shared_prefix(left, right)
    assert left[:size] == right[:size]
    assert left[size : size + 1] != right[size : size + 1] or size == min(
        len(left), len(right)
    )
