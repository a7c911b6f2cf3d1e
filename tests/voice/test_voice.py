import multiprocessing
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
import pytest
from scipy.stats import chisquare

from app.voice import files
from app.voice.index import END
from app.voice.voice import GeneratedLine, Rules, Voice, VoiceFileError
from app.voice.voice import build as build_files
from app.voice.word_tokenizer import split

Texts = dict[int, str]
DEFAULT = Rules()

UNICODE = [
    "日本語です 漢字",
    "漢字は楽しいです",
    "привет мир",
    "привет, как дела? 😂",
    "שלום עולם",
    "<:pog:1><:pog:1> lol 😂",
    "lol 😂 line\nbreak",
    "lol  two spaces",
]


def chatter(rng: Random, count: int, words: int = 60, longest: int = 14) -> Texts:
    """Messages whose words follow each other as in a small language."""
    return {
        2 * at + 1: " ".join(
            f"w{min(int(rng.paretovariate(0.9)), words)}"
            for _ in range(rng.randrange(1, longest))
        )
        for at in range(count)
    }


def spoken(
    voice: Voice, count: int, rules: Rules = DEFAULT, seed: int = 1
) -> list[GeneratedLine]:
    rng = Random(seed)
    return [voice.speak(rng, rules=rules) for _ in range(count)]


def build(
    directory: Path,
    rows: Iterable[tuple[int, str]],
    progress: Callable[[int], None] | None = None,
) -> int:
    return build_files(directory, ((row, text, 3) for row, text in rows), progress)


def voice_of(directory: Path, texts: Texts) -> Voice:
    build(directory, texts.items())
    return Voice.open(directory)


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = split(text)
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


CORPORA = {
    "chatter": list(chatter(Random(4), 400).values()),
    "unicode": UNICODE * 5,
    "stories": [
        f"the {who} {did} the {whom} and then the {who} {after}"
        for who in ("cat", "dog", "Bird", "bird")
        for did in ("saw", "ate", "liked")
        for whom in ("mouse", "cat", "dog")
        for after in ("slept", "ran away!", "ran away", "sang")
    ],
}


@pytest.mark.parametrize("corpus", CORPORA)
@pytest.mark.parametrize("size", range(1, 7))
def test_followers_of_words_fit_a_slow_table(tmp_path: Path, corpus: str, size: int):
    texts = dict(enumerate(CORPORA[corpus], 1))
    table: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for text in texts.values():
        line = ["START", *split(text), "END"]
        for at in range(len(line) - size):
            table[tuple(line[at : at + size])][line[at + size]] += 1
    voice = voice_of(tmp_path, texts)
    view, vocabulary = voice.view(), voice.vocabulary
    number = {
        word: vocabulary.find(word) or 0
        for text in texts.values()
        for word in split(text)
    }
    number |= {"START": END, "END": END}
    rng = Random(size)
    for state in sorted(table, key=lambda state: -table[state].total())[:6]:
        found = view.find([number[word] for word in state])
        expected = {number[word]: count for word, count in table[state].items()}
        drawn = Counter(
            view.symbol_at(view.pick(found, rng) + size) for _ in range(3000)
        )
        assert drawn.keys() <= expected.keys()
        if len(expected) > 1:
            share = 3000 / sum(expected.values())
            ideal = [count * share for count in expected.values()]
            assert chisquare([drawn[s] for s in expected], ideal).pvalue > 1e-6


@pytest.mark.parametrize("size", range(1, 7))
def test_every_word_follows_the_one_before_it_in_some_message(
    tmp_path: Path, size: int
):
    texts = chatter(Random(size), 300)
    voice = voice_of(tmp_path, dict(list(texts.items())[:200]))
    for message, text in list(texts.items())[200:]:
        voice.learn(message, text)
    pairs: set[tuple[str, str]] = set()
    for text in texts.values():
        words = ["START", *split(text), "END"]
        pairs.update(zip(words, words[1:], strict=False))
    for line in spoken(voice, 100, Rules(state_size=size)):
        words = ["START", *line.words, "END"]
        assert set(zip(words, words[1:], strict=False)) <= pairs


def test_lines_are_new_and_hold_no_long_run_of_one_message(tmp_path: Path):
    texts = chatter(Random(2), 2000, longest=25)
    known = set(texts.values())
    rules = Rules(max_run=6)
    long_runs: dict[int, set[tuple[str, ...]]] = {
        length: set().union(*(runs(text, length) for text in known))
        for length in range(4, 8)
    }
    for line in spoken(voice_of(tmp_path, texts), 300, rules):
        assert line.relaxed == ()
        assert line.text not in known
        too_long = rules.longest_run(len(line.words)) + 1
        assert not runs(line.text, too_long) & long_runs[too_long]


@pytest.mark.parametrize("seed", [None, "w3"])
def test_lines_are_as_long_as_messages_are(tmp_path: Path, seed: str | None):
    rng = Random(11)
    short = [" ".join(f"w{rng.randrange(40)}" for _ in range(4)) for _ in range(900)]
    long = [" ".join(f"w{rng.randrange(40)}" for _ in range(40)) for _ in range(100)]
    voice = voice_of(tmp_path, dict(enumerate(short + long, 1)))
    lines = [voice.speak(rng, seed=seed) for _ in range(200)]
    # A word stands in long messages more often than their number says.
    assert median(len(line.words) for line in lines) <= 6
    assert sum(len(line.words) > 20 for line in lines) < 40


def test_sources_hold_the_runs_they_are_named_for(tmp_path: Path):
    texts = chatter(Random(3), 500)
    voice = voice_of(tmp_path, dict(list(texts.items())[:400]))
    for message, text in list(texts.items())[400:]:
        voice.learn(message, text)
    for line in spoken(voice, 100):
        covered = 0
        for source in line.sources:
            assert source.start == covered
            covered += source.words
            run = line.words[source.start : covered]
            assert run in runs(texts[source.message], source.words)
        assert covered == len(line.words)


def test_the_same_random_gives_the_same_lines(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(5), 300))
    first = spoken(voice, 20)
    assert spoken(Voice.open(tmp_path), 20) == first
    assert spoken(voice, 20, seed=2) != first


def test_the_better_of_more_walks_scores_higher(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(6), 1000))
    one = spoken(voice, 200, Rules(walks=1))
    many = spoken(voice, 200, Rules(walks=8, good_score=100))
    assert sum(line.score for line in many) > sum(line.score for line in one)
    assert all(line.score >= 25 for line in many)


def test_a_line_has_at_most_the_words_asked_for(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(6), 400, longest=60))
    lines = spoken(voice, 50, Rules(max_words=5))
    assert max(len(line.words) for line in lines) == 5


def test_seeds_are_spoken_in_any_case_from_anywhere(tmp_path: Path):
    texts = chatter(Random(7), 600)
    texts |= {at: f"w1 w2 Banana, w{at % 9} w3 w1" for at in range(2001, 2040)}
    voice = voice_of(tmp_path, texts)
    rng = Random(1)
    for _ in range(40):
        line = voice.speak(rng, seed="unheard BANANA")
        assert "Banana," in line.words
        assert line.relaxed == ()
        assert line.text not in texts.values()
    assert any(voice.speak(rng, seed="banana").words[0] != "w1" for _ in range(40))


def test_the_longest_known_phrase_of_a_seed_comes_first(tmp_path: Path):
    texts = chatter(Random(8), 800)
    texts |= {at: f"w{at % 7} Red Fox w{at % 5} w1" for at in range(3001, 3060)}
    texts |= {at: f"w{at % 5} fox w{at % 7} w2" for at in range(3060, 3100)}
    voice = voice_of(tmp_path, texts)
    rng = Random(3)
    for _ in range(30):
        assert "Red Fox" in voice.speak(rng, seed="fox the red fox").text


def test_a_seed_nobody_wrote_is_given_up_and_said(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(9), 300))
    line = voice.speak(Random(0), seed="zebra")
    assert line.relaxed == ("seed",)


def test_a_seed_that_only_a_repeat_could_hold_gives_way_to_a_new_line(tmp_path: Path):
    texts = chatter(Random(9), 300) | {1001: "verbatim"}
    voice = voice_of(tmp_path, texts)
    line = voice.speak(Random(0), seed="verbatim")
    assert line.relaxed == ("seed",)
    assert line.text not in texts.values()


def test_fifty_messages_are_enough_to_speak(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(10), 50))
    assert len({line.text for line in spoken(voice, 100)}) > 30


def test_one_message_is_repeated_and_said_to_be(tmp_path: Path):
    voice = voice_of(tmp_path, {1: "hello there"})
    line = voice.speak(Random(0))
    assert line.text == "hello there"
    assert line.relaxed == ("whole",)


def test_a_text_that_is_a_message_word_for_word_is_a_repeat(tmp_path: Path):
    voice = voice_of(tmp_path, {1: "hello there", 2: "hello there you two"})
    voice.learn(3, "late words")
    assert voice.repeats("hello there")
    assert voice.repeats("late words")
    assert not voice.repeats("there you two")
    assert not voice.repeats("hello unheard")
    assert not voice.repeats("")


def test_a_learned_message_is_spoken_from_at_once():
    voice = Voice.empty()
    with pytest.raises(LookupError):
        voice.speak(Random(0))
    voice.learn(1, "a b c d")
    voice.learn(2, "x b c y")
    texts = {voice.speak(Random(seed)).text for seed in range(30)}
    assert "a b c y" in texts
    assert (voice.messages, voice.words, voice.last_message) == (2, 8, 2)


def test_a_forgotten_message_is_never_spoken_from(tmp_path: Path):
    texts = chatter(Random(11), 300)
    texts |= {at: f"w1 secret{at} w2 w1" for at in range(1001, 1100)}
    voice = voice_of(tmp_path, texts)
    voice.learn(5000, "w1 secret w1")
    assert any("secret" in line.text for line in spoken(voice, 100))
    assert voice.forget([*range(1001, 1100), 5000, 777_777]) == 100
    assert not any("secret" in line.text for line in spoken(voice, 300))
    with_seed = voice.speak(Random(1), seed="secret")
    assert with_seed.relaxed[0] == "seed"
    voice.forget(texts)
    with pytest.raises(LookupError):
        voice.speak(Random(0))


def test_nothing_of_a_forgotten_message_is_on_disk_after_a_rebuild(tmp_path: Path):
    texts = chatter(Random(12), 200)
    build(tmp_path, [*texts.items(), (9001, "the zanzibar password")])
    voice = Voice.open(tmp_path)
    voice.forget([9001])
    build(tmp_path, texts.items())
    voice.renew(tmp_path)
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"zanzibar" not in left
    assert voice.messages == 200


def test_an_edited_message_is_spoken_as_it_is_now(tmp_path: Path):
    voice = voice_of(tmp_path, {1: "old words here", 2: "more words there"})
    voice.learn(1, "new words here")
    texts = {voice.speak(Random(seed)).text for seed in range(30)}
    assert not any("old" in text for text in texts)
    assert any("new" in text for text in texts)
    assert voice.messages == 2


def test_what_changes_during_a_rebuild_is_in_the_renewed_voice(tmp_path: Path):
    texts = {1: "one a b", 2: "two a b", 3: "three a b"}
    voice = voice_of(tmp_path, texts)
    voice.learn(4, "four a b")
    voice.begin_rebuild()
    rows = [*texts.items(), (4, "four a b")]
    voice.learn(5, "five a b")
    voice.learn(2, "second a b")
    voice.forget([1, 4])
    build(tmp_path, rows)
    voice.renew(tmp_path)
    assert voice.messages == 3
    assert voice.last_message == 5
    firsts = {voice.speak(Random(seed)).words[0] for seed in range(60)}
    assert firsts == {"second", "three", "five"}


def test_many_changes_during_a_rebuild_and_the_renewal_are_kept(tmp_path: Path):
    texts = chatter(Random(17), 400)
    voice = voice_of(tmp_path, texts)
    voice.begin_rebuild()
    build(tmp_path, texts.items())
    started, stop = threading.Event(), threading.Event()

    def change() -> int:
        at = 10_000
        while not stop.is_set() and at < 12_000:
            voice.learn(at, f"early{at} words")
            voice.learn(at, f"late{at} words")
            at += 1
            if at == 10_100:
                started.set()
        return at

    with ThreadPoolExecutor() as pool:
        changing = pool.submit(change)
        started.wait()
        voice.renew(tmp_path)
        stop.set()
        changed = changing.result() - 10_000
    assert voice.messages == 400 + changed
    for at in range(10_000, 10_000 + changed):
        assert voice.repeats(f"late{at} words")
    symbols, _ = voice.view().followers(voice.view().find([END]), 10_000)
    starts = {voice.vocabulary.text(symbol) for symbol in symbols.tolist()}
    assert not any(start.startswith("early") for start in starts)


def test_weights_outlive_a_rebuild(tmp_path: Path):
    texts = {1: "one a b", 2: "two a b"}
    voice = voice_of(tmp_path, texts)
    assert voice.weigh(1, 0.01)
    voice.begin_rebuild()
    build(tmp_path, texts.items())
    voice.renew(tmp_path)
    firsts = Counter(line.words[0] for line in spoken(voice, 100))
    assert firsts["one"] < 15


def test_messages_without_words_are_not_learned(tmp_path: Path):
    assert build(tmp_path, [(1, ""), (2, "a"), (3, "")]) == 1
    voice = Voice.open(tmp_path)
    voice.learn(2, "")
    assert voice.messages == 0


def test_a_voice_of_no_messages_can_be_built_opened_and_learn(tmp_path: Path):
    assert build(tmp_path, []) == 0
    voice = Voice.open(tmp_path)
    with pytest.raises(LookupError):
        voice.speak(Random(0), seed="anything")
    assert voice.forget([1]) == 0
    voice.learn(1, "hello")
    assert voice.speak(Random(0)).text == "hello"


def test_a_build_reports_and_wants_ascending_ids(tmp_path: Path):
    seen: list[int] = []
    build(tmp_path, ((at, "a b") for at in range(1, 25_001)), seen.append)
    assert seen == [10_000, 20_000]
    with pytest.raises(ValueError, match="ascend"):
        build(tmp_path, [(2, "a"), (1, "b")])
    assert Voice.open(tmp_path).messages == 25_000


def test_files_that_are_not_a_voice_are_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Voice.open(tmp_path)
    files.write(tmp_path, "voice", {"symbols": np.zeros(3, np.int32)}, {})
    with pytest.raises(VoiceFileError, match="lacks"):
        Voice.open(tmp_path)


def test_damage_not_noticed_yet_is_a_lookup_error_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    build(tmp_path, chatter(Random(18), 300).items())
    path = next(tmp_path.glob("*.bin"))
    data = path.read_bytes()
    monkeypatch.setattr(files, "_check_blocks", lambda *check: None)
    rng = Random(1)
    for _ in range(20):
        damaged = bytearray(data)
        for _ in range(200):
            damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        voice = Voice.open(tmp_path)
        for seed in (None, "w1 w2"):
            with suppress(LookupError):
                voice.speak(rng, seed=seed)
        del voice  # Windows lets nobody write into what is mapped


def test_drafts_differ_from_each_other(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(13), 300))
    drafts = voice.drafts(Random(1), 5)
    assert len({draft.text for draft in drafts}) == 5
    single = voice_of(tmp_path, {1: "only this"})
    assert [draft.text for draft in single.drafts(Random(1), 5)] == ["only this"]


def test_threads_speak_while_one_learns_and_forgets(tmp_path: Path):
    voice = voice_of(tmp_path, chatter(Random(14), 300))
    done = threading.Event()

    def speak(seed: int) -> int:
        rng, lines = Random(seed), 0
        while not done.is_set():
            voice.speak(rng, seed="w3")
            lines += 1
        return lines

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(speak, seed) for seed in range(2)]
        for at in range(10_000, 10_300):
            voice.learn(at, f"w1 w2 new{at} w3 w4")
            voice.forget([at - 10_000])
        done.set()
        assert all(reader.result() for reader in readers)


def endless_builds(directory: Path) -> None:
    texts = chatter(Random(15), 3000)
    while True:
        build(directory, texts.items())


@pytest.mark.process
def test_a_build_killed_at_any_moment_leaves_a_whole_voice(tmp_path: Path):
    build(tmp_path, chatter(Random(15), 3000).items())
    context = multiprocessing.get_context("spawn")
    rng = Random(16)
    for _ in range(4):
        builder = context.Process(target=endless_builds, args=(tmp_path,))
        builder.start()
        builder.join(1.0 + rng.random())
        builder.kill()
        builder.join()
        voice = Voice.open(tmp_path)
        voice.verify()
        assert voice.messages == 3000
        del voice
    build(tmp_path, [(1, "clean")])
    assert len(list(tmp_path.iterdir())) == 2
