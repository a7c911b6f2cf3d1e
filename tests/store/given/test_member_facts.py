"""Facts that members tell of themselves: which hold, and how they read."""

from app.store.given.member_facts import Fact, merged, sentence, title


def test_a_later_fact_takes_the_place_of_the_one_that_it_corrects() -> None:
    told = [Fact("lives", "Rome"), Fact("loves", "jazz"), Fact("plays", "bass")]
    assert merged(told, [Fact("lives", "Milan")]) == [*told[1:], Fact("lives", "Milan")]
    assert merged(told, [Fact("hates", "Jazz")])[-1] == Fact("hates", "Jazz")
    assert Fact("loves", "jazz") not in merged(told, [Fact("hates", "Jazz")])
    assert merged(told, [Fact("plays", "drums")]) == [*told, Fact("plays", "drums")]
    assert merged(told, [Fact("lives", "Rome", is_over=True)]) == told[1:]


def test_every_kind_has_words_for_people_and_models() -> None:
    kinds = "name lives from is loves hates birthday pronouns plays speaks has".split()
    for kind in (*kinds, "favourite game", "pet cat"):
        assert "Ann" in sentence("Ann", kind, "x") and title(kind)
