from hypothesis import given
from hypothesis import strategies as st

from app.chat.context import (
    TurnKey,
    collect,
    key_of,
    plan_budget,
)
from app.providers.base import Speed, Turn


def turn(row, text="a few words", speaker="ann"):
    return Turn(speaker, text, message=row)


def rows(context):
    return [each.message for each in context.turns]


LAST = turn(100, "what?")


def test_newest_turns_come_last_and_nothing_is_doubled():
    context = collect(
        LAST, [turn(7), turn(3)], [turn(3), turn(100), turn(50)], budget=500
    )
    assert rows(context) == [3, 7, 50, 100]
    assert context.left_out == 0


def test_the_conversation_comes_before_the_noise_of_the_channel():
    own = [turn(row) for row in range(1, 6)]
    noise = [turn(row) for row in range(50, 90)]
    context = collect(LAST, own, noise, budget=90)
    assert set(rows(context)) >= {1, 2, 3, 4, 5, 100}
    assert context.left_out == 45 - (len(context.turns) - 1)


def test_the_newest_of_a_long_conversation_are_kept():
    own = [turn(row) for row in range(1, 99)]
    context = collect(LAST, own, budget=100)
    assert rows(context)[-2:] == [98, 100]
    assert context.left_out > 80


@given(st.integers(32, 400), st.lists(st.text(max_size=80), max_size=30))
def test_the_budget_holds(budget, texts):
    own = [turn(row, text) for row, text in enumerate(texts)]
    context = collect(LAST, own, budget=budget)
    assert context.tokens <= budget
    assert context.turns[-1] == LAST


def test_the_message_itself_is_there_even_when_it_is_huge():
    context = collect(turn(1, "word " * 5000), [], budget=40)
    assert len(context.turns) == 1
    assert len(context.turns[0].text) < 700


def test_a_window_keeps_its_start_while_the_conversation_goes_on():
    starts, kept = [], list[TurnKey]()
    for newest in range(60, 90):
        own = [turn(row) for row in range(newest)]
        context = collect(turn(newest), own, budget=200, kept=kept)
        starts.append(rows(context)[0])
        kept = [*map(key_of, context.turns)]
    assert len(set(starts)) <= 8
    assert starts == sorted(starts)


def test_what_the_last_prompt_left_out_does_not_come_between_what_it_had():
    noise = [turn(row) for row in range(1, 9)]
    context = collect(LAST, [turn(2), turn(101)], noise, budget=500, kept=[1, 2, 7])
    assert rows(context) == [1, 2, 7, 8, 101, 100]


def test_kept_turns_do_not_push_out_those_of_the_conversation():
    noise = [turn(row) for row in range(50, 58)]
    context = collect(LAST, [turn(3)], noise, budget=500, kept=[50, 51])
    assert rows(context) == [3, *range(50, 58), 100]


def test_there_is_more_room_for_what_was_read_before():
    own = [turn(row) for row in range(1, 20)]
    few = collect(LAST, own, budget=100, most=200)
    kept = map(key_of, few.turns)
    more = collect(turn(100), [*own, turn(20)], budget=100, most=200, kept=kept)
    assert rows(more) == [*rows(few)[:-1], 20, 100]
    assert 100 < collect(LAST, own, budget=100, most=200, kept=[8]).tokens <= 200


def test_turns_that_are_not_stored_stay_in_order():
    mine = [Turn("a", "one"), Turn("b", "two"), Turn("a", "three")]
    context = collect(Turn("b", "four"), mine, budget=400)
    assert [each.text for each in context.turns] == ["one", "two", "three", "four"]


def test_a_slower_machine_gets_a_smaller_budget():
    fast = plan_budget(2000, Speed(400, 100), 60, 4096)
    slow = plan_budget(2000, Speed(40, 50), 60, 4096)
    assert fast == int((1.7 - 0.6) * 400)
    assert slow == 32
    assert plan_budget(1e9, Speed(400, 100), 60, 2048) == 2048 - 60 - 64
