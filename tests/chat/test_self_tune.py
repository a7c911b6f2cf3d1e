"""Choosing mode and dial by likes."""

from collections import Counter
from random import Random

from app.chat import self_tune
from app.chat.self_tune import Arm, ArmRecord

MODES = ("markov", "llm", "hybrid")
OWN = Arm("hybrid", 50)


def test_arms_are_the_modes_and_steps_of_the_dial_within_the_limits() -> None:
    found = self_tune.arms(MODES, 20, 80)
    assert found[:2] == [Arm("markov", 100), Arm("llm", 0)]
    assert [arm.dial for arm in found[2:]] == [20, 35, 50, 65, 80]
    assert self_tune.arms(["hybrid"], 40, 40) == [Arm("hybrid", 40)]
    assert self_tune.arms(["hybrid"], 60, 40) == self_tune.arms(["hybrid"], 40, 60)
    assert self_tune.arms(["sonnet"], 0, 100) == []


def test_without_anything_to_choose_the_settings_hold() -> None:
    assert self_tune.choose([], {}, OWN, Random(1)) is None


def test_opinions_count_for_the_nearest_arm_of_their_mode() -> None:
    choices = self_tune.arms(["hybrid", "llm"], 20, 80)
    made = [("hybrid", 55, 1.0), ("hybrid", 48, -0.5), ("markov", 100, 1.0)]
    assert self_tune.tally(choices, made) == {OWN: ArmRecord(1.0, 0.5)}


def test_a_guild_without_opinions_mostly_stays_as_it_was_set() -> None:
    choices = self_tune.arms(MODES, 20, 80)
    rng = Random(2)
    drawn = Counter(
        choice.arm
        for _ in range(700)
        if (choice := self_tune.choose(choices, {}, OWN, rng))
    )
    assert drawn.most_common(1)[0][0] == OWN
    assert set(drawn) == set(choices)


def test_what_is_liked_is_found_and_kept_to() -> None:
    choices = self_tune.arms(MODES, 20, 80)
    liked_by = dict.fromkeys(choices, 0.35) | {Arm("hybrid", 80): 0.8}
    records: dict[Arm, ArmRecord] = {}
    late: Counter[Arm] = Counter()
    rng, likes = Random(3), 0
    for number in range(600):
        choice = self_tune.choose(choices, records, OWN, rng)
        assert choice is not None
        old = records.get(choice.arm, ArmRecord())
        is_liked = rng.random() < liked_by[choice.arm]
        likes += is_liked
        records[choice.arm] = ArmRecord(
            old.liked + is_liked, old.disliked + (not is_liked)
        )
        late[choice.arm] += number >= 400
    assert late[Arm("hybrid", 80)] >= 180
    assert likes / 600 > 0.65


def test_a_choice_says_why() -> None:
    records = {OWN: ArmRecord(40, 2), Arm("llm", 0): ArmRecord(1, 30)}
    choices = [OWN, Arm("llm", 0)]
    choice = self_tune.choose(choices, records, OWN, Random(4))
    assert choice is not None and choice.arm == OWN
    assert choice.why.startswith(
        "self-tuned to hybrid at voice 50: 40 liked, 2 disliked so far; drew 0."
    )
    assert "ahead of llm" in choice.why
