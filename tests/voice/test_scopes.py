"""A view of some channels is that of an index that never learned the others."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from app.voice import index as index_module
from app.voice.conversation_cache import ConversationCache
from app.voice.index import END, Index, View
from app.voice.static_index import Arrays, Base, build, without
from app.voice.tokens import TokenVoice
from app.voice.voice import Voice
from app.voice.voice import build as build_voice


@dataclass(frozen=True)
class Corpus:
    """Messages by id, each with its channel: some built, some learned, some gone."""

    messages: dict[int, tuple[list[int], int]]
    built: int
    gone: frozenset[int]
    shown: frozenset[int]

    def index(self) -> Index:
        base = {at: m for at, m in self.messages.items() if at < self.built}
        index = index_of(base)
        for at, (symbols, channel) in self.messages.items():
            if at >= self.built:
                index.learn(at, symbols, channel)
        return index

    def allowed(self) -> dict[int, tuple[list[int], int]]:
        return {
            at: (symbols, channel)
            for at, (symbols, channel) in self.messages.items()
            if channel in self.shown and at not in self.gone
        }

    def states(self) -> set[tuple[int, ...]]:
        """All sequences of up to four symbols in any message."""
        lines = [[END, *symbols, END] for symbols, _ in self.messages.values()]
        return {
            tuple(line[at : at + size])
            for line in lines
            for size in range(1, 5)
            for at in range(len(line) - size)
        }


def index_of(messages: dict[int, tuple[list[int], int]]) -> Index:
    return Index.of(arrays_of(messages))


def arrays_of(messages: dict[int, tuple[list[int], int]]) -> Arrays:
    flat = [END]
    for symbols, _ in messages.values():
        flat += [*symbols, END]
    channels = [channel for _, channel in messages.values()]
    ids = np.array(list(messages), np.int64)
    return build(np.array(flat, np.int32), ids, np.array(channels, np.int64))


message_lists = st.lists(
    st.tuples(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(10, 13)),
    min_size=1,
    max_size=14,
)
corpora = st.builds(
    lambda lists, built, gone, shown: Corpus(
        dict(enumerate(lists)), built, gone, shown
    ),
    message_lists,
    st.integers(0, 14),
    st.frozensets(st.integers(0, 13)),
    st.frozensets(st.integers(10, 13)),
)


def told(view: View, state: tuple[int, ...]) -> tuple[object, ...]:
    """All that a view says of a state."""
    found = view.find(state)
    step_by_step = view.everything
    for symbol in state:
        step_by_step = view.narrow(step_by_step, symbol)
    assert step_by_step.places == found.places
    symbols, counts = view.followers(found)
    return (
        found.places,
        symbols.tolist(),
        counts.tolist(),
        bool(found.places) and view.branches(found),
        [match.places for match in view.matches([9, *state], 4)],
        [longer.places for longer in view.extend([found], 2)],
    )


@given(corpora)
@settings(deadline=None)
def test_a_view_of_some_channels_is_that_of_an_index_of_them_alone(corpus: Corpus):
    corpus = replace(corpus, gone=frozenset())
    alone = index_of(corpus.allowed()).view()
    view = corpus.index().view(corpus.shown)
    for state in corpus.states():
        assert told(view, state) == told(alone, state)


@given(corpora)
@settings(deadline=None)
def test_what_is_learned_and_forgotten_later_changes_it_alike(corpus: Corpus):
    base = {at: m for at, m in corpus.messages.items() if at < corpus.built}
    index = index_of(base)
    index.view(corpus.shown)
    index.view(frozenset([10]))
    for at, (symbols, channel) in corpus.messages.items():
        if at >= corpus.built:
            index.learn(at, symbols, channel)
            index.view(corpus.shown)
    index.forget(corpus.gone)
    view, alone = index.view(corpus.shown), index_of(corpus.allowed()).view()
    for state in corpus.states():
        assert told(view, state)[1:3] == told(alone, state)[1:3]


@given(corpora)
@settings(deadline=None)
def test_an_index_without_some_messages_is_that_of_the_others(corpus: Corpus):
    arrays = arrays_of(corpus.messages)
    left = {at: m for at, m in corpus.messages.items() if at not in corpus.gone}
    part, alone = without(arrays, corpus.gone), arrays_of(left)
    index, exact = Index.of(part), Index.of(alone)
    for channels in (None, corpus.shown):
        view, other = index.view(channels), exact.view(channels)
        for state in corpus.states():
            assert told(view, state) == told(other, state)
    view = index.view()
    if left:
        place = view.pick(view.find([END]), Random(1))
        assert view.message_at(place) in left
    assert index.forget(corpus.messages) == len(left)
    for name in alone.keys() - {"suffixes", "seconds"}:
        assert part[name].tolist() == alone[name].tolist()
        assert part[name].dtype == alone[name].dtype


def chatter(rng: Random, count: int, channels: int) -> dict[int, tuple[list[int], int]]:
    """Messages of common symbols, and of some that only their channel has."""
    found = {}
    for at in range(count):
        channel = 10 + rng.randrange(channels)
        symbols = [min(int(rng.paretovariate(0.8)), 30) for _ in range(1 + at % 9)]
        symbols.insert(rng.randrange(len(symbols) + 1), 100 + channel)
        found[1 + at] = symbols, channel
    return found


def test_what_is_drawn_fits_the_allowed_messages_alone():
    rng = Random(7)
    corpus = Corpus(
        chatter(rng, 900, 4), 700, frozenset(rng.sample(range(1, 901), 90)),
        frozenset([11, 13]),
    )  # fmt: skip
    index = corpus.index()
    index.forget(corpus.gone)
    view = index.view(corpus.shown)
    exact = Counter[tuple[int, int]]()
    for symbols, _ in corpus.allowed().values():
        exact.update(pairwise([END, *symbols, END]))
    for first in (END, 1, 2, 3, 111):
        found = view.find([first])
        places = [view.pick(found, rng) for _ in range(4000)]
        assert {view.message_at(place) for place in places} <= corpus.allowed().keys()
        drawn = Counter(view.symbol_at(place + 1) for place in places)
        ideal = {pair[1]: n for pair, n in exact.items() if pair[0] == first}
        assert drawn.keys() <= ideal.keys()
        share = 4000 / sum(ideal.values())
        observed = [drawn[symbol] for symbol in ideal]
        assert chisquare(observed, [n * share for n in ideal.values()]).pvalue > 1e-6
    for hidden in (110, 112):
        assert not view.find([hidden]).places


def test_a_lighter_message_stays_lighter_for_some_channels():
    index = index_of({1: ([1], 10), 2: ([2], 10), 3: ([3], 11)})
    index.weigh(1, 0.2)
    view = index.view(frozenset([10]))
    symbols, counts = view.followers(view.find([END]))
    assert dict(zip(symbols, counts, strict=True)) == pytest.approx({1: 0.2, 2: 1})


def test_one_view_serves_all_when_every_channel_may_be_heard():
    index = index_of({1: ([1], 10), 2: ([2], 11)})
    assert index.view(frozenset([10, 11, 12])).everything.places == 4
    assert not index._scopes
    index.learn(3, [3], 13)
    assert index.view(frozenset([10, 11, 12])).everything.places == 4
    assert list(index._scopes) == [frozenset([10, 11, 12])]


def test_only_so_much_memory_is_kept_for_sets_of_channels(monkeypatch):
    monkeypatch.setattr(index_module, "_SCOPE_BYTES", 20)
    index = index_of({at: ([at], at) for at in range(1, 40)})
    for at in range(1, 40):
        assert index.view(frozenset([at])).find([at]).places == 1
    assert list(index._scopes) == [frozenset([38]), frozenset([39])]
    index.view(frozenset(range(1, 39)))
    assert list(index._scopes) == [frozenset(range(1, 39))]


def test_nobody_who_learns_waits_while_a_set_of_channels_is_prepared(monkeypatch):
    index = index_of({1: ([1], 10), 2: ([2], 11)})
    began, may_end = Event(), Event()
    real = Base.within

    def within(self, channels):
        began.set()
        assert may_end.wait(20)
        return real(self, channels)

    monkeypatch.setattr(Base, "within", within)
    with ThreadPoolExecutor(2) as threads:
        viewed = threads.submit(index.view, frozenset([10]))
        assert began.wait(20)
        try:
            threads.submit(index.learn, 3, [3], 10).result(5)
        finally:
            may_end.set()
    view = viewed.result()
    assert [view.find([symbol]).places for symbol in (1, 2, 3)] == [1, 0, 1]


def words_of(messages: dict[int, tuple[list[int], int]]) -> list[tuple[int, str, int]]:
    return [
        (at, " ".join(f"w{symbol}" for symbol in symbols), channel)
        for at, (symbols, channel) in messages.items()
    ]


@pytest.mark.parametrize("seed", [None, "w1", "w110 w2"])
def test_no_pair_of_words_is_spoken_that_only_hidden_channels_have(tmp_path, seed):
    rng = Random(11)
    messages = chatter(rng, 800, 4)
    rows = words_of(messages)
    build_voice(tmp_path, rows[:600])
    voice = Voice.open(tmp_path)
    for row in rows[600:]:
        voice.learn(*row)
    shown = frozenset([11, 12])
    lines = [f"{text}" for _, text, channel in rows if channel in shown]
    pairs = {pair for line in lines for pair in pairwise(["", *line.split(), ""])}
    for _ in range(300):
        line = voice.speak(rng, seed=seed, channels=shown)
        assert set(pairwise(["", *line.words])) <= pairs
        assert all(messages[source.message][1] in shown for source in line.sources)
    spoken = {word for _ in range(300) for word in voice.speak(rng).words}
    assert {"w110", "w111", "w112", "w113"} <= spoken


def test_with_every_channel_hidden_a_voice_has_nothing_to_say(tmp_path):
    build_voice(tmp_path, [(1, "a b c", 10)])
    voice = Voice.open(tmp_path)
    voice.learn(2, "d e f", 11)
    with pytest.raises(LookupError):
        voice.speak(Random(1), channels=frozenset())
    assert voice.speak(Random(1), channels=frozenset([11])).text == "d e f"


SPANS = ((3, 200), (401, 401), (590, 650))


def is_of_then(at: int) -> bool:
    return any(first <= at <= last for first, last in SPANS)


@pytest.mark.parametrize("channels", [None, frozenset([11, 12])])
def test_what_was_written_later_is_as_if_it_never_was(tmp_path, channels):
    rng = Random(12)
    messages = chatter(rng, 800, 4)
    messages = {at: ([at % 50 + 1, *own], c) for at, (own, c) in messages.items()}
    rows = words_of(messages)
    build_voice(tmp_path, rows[:600])
    voice = Voice.open(tmp_path)
    for row in rows[600:]:
        voice.learn(*row)
    for _ in range(200):
        line = voice.speak(rng, channels=channels, spans=SPANS)
        for source in line.sources:
            assert is_of_then(source.message)
            assert channels is None or messages[source.message][1] in channels
    voice.forget(range(1, 601))
    line = voice.speak(rng, spans=SPANS)
    assert all(source.message > 600 for source in line.sources)
    with pytest.raises(LookupError):
        voice.speak(rng, spans=())


def test_a_prediction_of_then_is_that_of_a_voice_of_then():
    rng = Random(6)
    messages = chatter(rng, 800, 4)
    part = {at: m for at, m in messages.items() if is_of_then(at)}
    whole = TokenVoice(index_of(messages), 200, 0, 800)
    alone = TokenVoice(index_of(part), 200, 0, 800)
    for at in range(1, 100):
        written = [symbol - 1 for symbol in messages[at][0]][:3]
        masked, exact = whole.predict(written, spans=SPANS), alone.predict(written)
        assert masked.depth == exact.depth
        assert np.allclose(masked.mixed(masked.weights), exact.mixed(exact.weights))
        then = whole.continuations(written, spans=SPANS)
        assert then == alone.continuations(written)


def test_a_rebuilt_voice_is_ready_for_the_channels_asked_for_before(tmp_path):
    build_voice(tmp_path, [(1, "a b c", 10), (2, "d e f", 11)])
    voice = Voice.open(tmp_path)
    voice.speak(Random(1), channels=frozenset([11]))
    voice.begin_rebuild()
    build_voice(tmp_path, [(1, "a b c", 10), (2, "d e f", 11), (3, "g h i", 11)])
    voice.renew(tmp_path)
    assert list(voice._known.index._scopes) == [frozenset([11])]
    words = voice.speak(Random(1), channels=frozenset([11])).words
    assert words[0] in ("d", "g")


@pytest.mark.parametrize("common", [1, 512])
def test_a_prediction_is_that_of_a_voice_of_the_allowed_messages(monkeypatch, common):
    monkeypatch.setattr("app.voice.tokens._COMMON", common)
    rng = Random(5)
    messages = chatter(rng, 1500, 4)
    shown = frozenset([10, 12])
    whole = TokenVoice(index_of(messages), 200, 0, 1500)
    part = {at: m for at, m in messages.items() if m[1] in shown}
    alone = TokenVoice(index_of(part), 200, 0, 1500)
    said = ConversationCache([[1, 2], [1, 3]], 0)
    for _ in range(200):
        symbols, _channel = messages[rng.randrange(1, 1501)]
        written = [symbol - 1 for symbol in symbols[: rng.randrange(len(symbols))]]
        masked = whole.predict(written, said, shown)
        exact = alone.predict(written, said)
        assert masked.depth == exact.depth
        assert masked.mixed(masked.weights) == pytest.approx(exact.mixed(exact.weights))
    hidden = whole.predict([], None, shown).base
    assert hidden[110] == hidden[112] == hidden[150] < whole.predict([]).base[110]
