"""Replies on a real database, with the cloud's stand-in and no local model."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from random import Random

import pytest

from app.core.errors import UsageError
from app.importers.filters import Filters
from app.importers.message_intake import store
from app.importers.records import Record
from app.providers.base import Completion, LoreText, Speed, Turn
from app.replies import conversation_context, talk_topics
from app.replies.ladder_builder import LadderBuilder
from app.replies.ledger import Ledger
from app.replies.replier import Replier
from app.replies.request import Past, ReplyRequest
from app.replies.viewer import NOBODY
from app.settings.config_file import save
from app.settings.effective import Settings
from app.store import (
    conversations,
    forgetting,
    guilds,
    members,
    messages,
    replies,
    reply_links,
)
from app.store.authors import open_key
from app.store.database import Database
from app.store.reply import reply_explanations, reply_sources
from app.store.reply_links import NewLink
from app.voice.voice import Voice
from tests.home_files import files_with
from tests.store.conftest import path_of


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Scripted:
    """A provider that answers with one text and keeps its prompts."""

    def __init__(self, name, text="what a fine day to be here"):
        self.name, self.text, self.prompts = name, text, []

    def unavailable(self, prompt):
        return None

    async def write(self, prompt):
        self.prompts.append(prompt)
        yield self.text
        yield Completion(self.text)

    async def close(self):
        pass


class OneVoice:
    def __init__(self):
        self.known = Voice.empty()

    async def voice(self, guild):
        return self.known


class Remembered:
    """A memory that finds one moment, or has no time."""

    def __init__(self, moments):
        self.moments, self.asked = moments, []

    async def recall(self, guild, turns, channels, limit):
        self.asked.append((guild, channels, limit))
        return self.moments

    async def closeness(self, texts, turns):
        return None

    def quiet(self):
        return nullcontext()


@dataclass
class Measured:
    """What is known of the local model."""

    speed: Speed
    context_size: int
    model: str
    pid: int = 1
    replies: int = 0
    picture_ms: float = 0.0


class Maker:
    """Makes pictures of what begins like one."""

    async def plain(self, data):
        if not data.startswith(b"a picture"):
            raise UsageError("The picture cannot be read.")
        return data + b", made small"


def shows(data, seen=None):
    """A call's picture, which notes that it was read."""

    async def read():
        if seen is not None:
            seen.append(data)
        return data

    return (read,)


class Bench:
    def __init__(self, home, database, memory=None, measured=None, clock=lambda: 0.0):
        """The clock stands still, so that no reply is late on a busy machine."""
        self.database = database
        self.home = home
        self.settings = Settings(home, database)
        self.local, self.cloud = Scripted("local"), Scripted("openai")
        self.markov = Scripted("markov", "the chain speaks up")
        self.voices = OneVoice()
        ledger = Ledger(database, lambda: 1e9)
        providers = {one.name: one for one in (self.local, self.cloud, self.markov)}
        rungs = LadderBuilder(
            providers, ledger, lambda: self.settings.home, Clock(), measured
        )
        self.replier = Replier(
            database,
            self.settings,
            rungs,
            self.voices,
            Random(1),
            memory,
            clock,
            pictures=Maker(),
        )
        self.guild = database.call(guilds.ensure, "den").id
        self.channel = database.call(guilds.ensure_channel, self.guild, "general").id
        self.count = 0

    def hear(self, author, text, reply_to=None, place="general"):
        self.count += 1
        record = Record(
            author,
            author,
            text,
            str(self.count),
            self.count * 1000,
            reply_to,
            place,
        )
        keys = self.database.call(open_key, self.home.author_key_file)
        config = self.settings.home
        filters = Filters(config.learn, config.bot.prefix)
        row, *_ = self.database.call(store, self.guild, record, filters, keys)
        self.voices.known.learn(row, text)
        return row

    def at(self, request, channel, author):
        return replace(request, channel=channel, speaker=author, is_private=True)

    def ask(self, text="and now?", **options):
        return ReplyRequest(self.guild, text, "ann", channel=self.channel, **options)


@pytest.fixture
def database(home):
    with Database(home.database) as database:
        yield database


@pytest.fixture
def bench(home, database):
    return Bench(home, database)


async def test_the_turns_of_the_channel_are_the_context_newest_last(bench):
    rows = [bench.hear("bob", f"line {number}") for number in range(4)]
    made = await bench.replier.reply(bench.ask(message=rows[-1]))
    prompt, *_ = bench.local.prompts
    texts = [turn.text for turn in prompt.turns]
    assert texts == ["line 0", "line 1", "line 2", "and now?"]
    assert made.answer.provider == "local"
    assert made.mode == "hybrid"


async def test_a_prompt_holds_no_word_of_elsewhere_though_a_link_leads_there(
    bench, database
):
    """A wrong link must not carry words into another channel or server."""
    strange = database.call(guilds.ensure, "elsewhere", "99").id
    secret = bench.hear("eve", "a secret of the pit", place="pit")
    place = database.call(guilds.ensure_channel, strange, "general").id
    member = database.call(members.ensure, strange, "iago", "Iago").id
    line = messages.NewMessage(place, member, "1", 1, "a secret of elsewhere", None)
    foreign = database.call(messages.add, strange, line)
    own, last = bench.hear("bob", "a line of here"), bench.hear("ann", "and another")
    rows = (foreign, secret, own, last)
    database.call(reply_links.put_many, [NewLink(row, None, own, 1.0) for row in rows])
    await bench.replier.reply(bench.ask(message=last))
    texts = [turn.text for turn in bench.local.prompts[-1].turns]
    assert texts == ["a line of here", "and now?"]


async def test_the_row_explains_the_reply(bench, database):
    bench.hear("bob", "some line")
    made = await bench.replier.reply(bench.ask(trigger="77"))
    row = database.call(replies.get, made.reply)
    assert (row.state, row.text) == ("made", "what a fine day to be here")
    assert (row.provider, row.mode, row.trigger) == ("local", "hybrid", "77")
    last = row.turns[-1]
    assert (last.speaker, last.text, last.message) == ("", "", None)
    assert row.rungs[0].outcome == "answered"
    assert {"context", "ladder", "total", "first_token"} <= set(row.timings)


async def test_a_reply_to_what_is_not_stored_keeps_no_name_that_could_not_be_forgotten(
    bench, database
):
    row = bench.hear("bob", "a line that is stored")
    strange = Turn("Carla Who Opted Out", "what she said", guild=bench.guild)
    made = await bench.replier.reply(bench.ask(trigger="78", earlier=(strange,)))
    assert strange in bench.local.prompts[-1].turns
    kept = database.call(replies.get, made.reply)
    assert {(turn.speaker, turn.message) for turn in kept.turns} == {
        ("", None),
        ("bob", row),
    }
    assert files_with(path_of(database).parent, "Carla") == []
    told = database.call(reply_explanations.explained, made.reply)
    assert ["someone", ""] in told.turns


async def test_one_trigger_has_one_reply_for_ever(bench):
    assert await bench.replier.reply(bench.ask(trigger="5"))
    assert await bench.replier.reply(bench.ask(trigger="5")) is None
    assert len(bench.local.prompts) == 1


async def test_a_reply_is_made_again_without_what_was_deleted_meanwhile(
    bench, database
):
    rows = [bench.hear("bob", f"line {number}") for number in range(4)]
    taken_back: list[None] = []

    def on_piece(piece):
        if piece is None:
            taken_back.append(piece)
        elif not taken_back:
            database.call(forgetting.delete, bench.guild, rows[1:2])

    made = await bench.replier.reply(bench.ask(message=rows[-1]), on_piece)
    seen = ["line 1" in [turn.text for turn in p.turns] for p in bench.local.prompts]
    assert seen[0] and not seen[-1]
    assert taken_back and database.call(replies.get, made.reply).state == "made"


async def test_a_hybrid_reply_overhears_what_was_said_in_its_channel_lately(bench):
    rows = [bench.hear("bob", f"line {number}") for number in range(4)]
    bench.hear("bob", "a line elsewhere", place="other")
    await bench.replier.reply(bench.ask(mode="hybrid"))
    await bench.replier.reply(bench.ask(mode="llm"))
    heard, *_, unheard = (prompt.recent for prompt in bench.local.prompts)
    assert heard == {row: f"line {at}" for at, row in enumerate(rows)}
    assert not unheard


async def test_a_reply_is_made_again_without_what_it_overheard_and_was_deleted(
    bench, database, monkeypatch
):
    monkeypatch.setattr(conversation_context, "CHANNEL_TURNS", 2)
    rows = [bench.hear("bob", f"line {number}") for number in range(4)]
    seen = []

    def on_piece(piece):
        seen.append(piece)
        if len(seen) == 1:
            database.call(forgetting.delete, bench.guild, rows[:1])

    asked = bench.ask(message=rows[-1], mode="hybrid")
    await bench.replier.reply(asked, on_piece)
    first, *_, last = bench.local.prompts
    assert rows[0] in first.recent and rows[0] not in last.recent


async def test_a_host_overhears_nothing_and_waits_for_nothing_of_it(bench):
    bench.hear("bob", "line")
    await bench.settings.agree(bench.guild, "replies")
    made = await bench.replier.reply(bench.ask(mode="hybrid"))
    assert made.answer.provider == "local" and made.overheard
    made = await bench.replier.reply(bench.ask(mode="hybrid", provider="openai"))
    assert made.answer.provider == "openai" and made.overheard == []


async def test_what_an_opted_out_member_said_is_in_no_prompt(bench, database):
    bench.hear("carl", "secret of carl")
    author = database.call(messages.get, 1).author
    database.call(members.set_opted_out, bench.guild, author, True)
    await bench.replier.reply(bench.ask())
    assert all("secret" not in turn.text for turn in bench.local.prompts[0].turns)


async def test_nothing_goes_out_without_consent_or_when_locked(bench):
    request = bench.ask(provider="openai")
    made = await bench.replier.reply(request)
    assert "agreed" in made.answer.rungs[0].reason
    await bench.settings.agree(bench.guild, "replies")
    assert (await bench.replier.reply(request)).answer.provider == "openai"
    await bench.settings.change("reply.local_only", "on", bench.guild)
    made = await bench.replier.reply(request)
    assert "locked" in made.answer.rungs[0].reason
    assert len(bench.cloud.prompts) == 1


async def test_a_local_guild_never_falls_to_the_cloud(bench):
    await bench.settings.agree(bench.guild, "replies")
    bench.local.text = ""
    made = await bench.replier.reply(bench.ask())
    assert {rung.provider for rung in made.answer.rungs} == {"local", "markov"}
    assert not bench.cloud.prompts


async def test_a_cloud_model_sees_lines_of_the_guild_and_the_row_says_which(
    bench, database
):
    for number in range(40):
        bench.hear("bob", f"the cat number {number} sat on mat {number % 5} again")
    await bench.settings.change("reply.provider", "openai", bench.guild, agreed=True)
    made = await bench.replier.reply(bench.ask("where is the cat?"))
    prompt = bench.cloud.prompts[0]
    assert prompt.examples and prompt.drafts
    assert all("cat" in line for line in prompt.examples)
    notes = database.call(replies.get, made.reply).notes
    for line in (*prompt.examples, *prompt.drafts):
        assert any(line in note for note in notes)
    sources = {
        one.message for one in database.call(reply_sources.sources_of, made.reply)
    }
    assert sources == set(prompt.shown)
    database.call(forgetting.blank_replies, bench.guild, [prompt.shown[0]])
    assert database.call(replies.get, made.reply).notes == []


async def test_a_model_that_repeats_a_learned_message_is_not_sent(bench):
    bench.local.text = "I put the lime in the coconut"
    bench.voices.known.learn(50, bench.local.text)
    made = await bench.replier.reply(bench.ask())
    assert made.answer.rungs[0].outcome == "rejected"
    assert made.answer.rungs[0].reason == "it repeated one learned message"
    assert made.answer.provider == "markov"


async def test_a_model_that_echoes_the_conversation_is_not_sent(bench):
    bench.local.text = "I put the lime, in the coconut!"
    made = await bench.replier.reply(bench.ask("i put the lime in the coconut"))
    assert made.answer.rungs[0].reason == "it repeated what was just said"
    assert made.answer.provider == "markov"


async def test_moments_are_recalled_where_the_readers_may_see_them(home, database):
    moment = (Turn("bob", "we planted it in may", message=3),)
    memory = Remembered([moment])
    bench = Bench(home, database, memory)
    # A reply names only messages that are stored.
    for line in ("hi", "hello", "we planted it in may"):
        bench.hear("bob", line)
    made = await bench.replier.reply(bench.ask())
    assert made is not None
    assert bench.local.prompts[0].moments == (moment,)
    assert made.recalled == [3]
    assert memory.asked == [(bench.guild, frozenset({bench.channel}), 3)]
    await bench.replier.reply(bench.ask(is_private=True))
    assert memory.asked[1][1] is None


async def test_a_slow_machine_reads_fewer_turns_and_says_so(home, database):
    counts: dict[float, int] = {}
    for tokens_a_second in (400.0, 20.0):
        measured = Measured(Speed(tokens_a_second, 60.0), 4096, "tiny")
        bench = Bench(home, database, measured=measured)
        if not counts:
            for number in range(30):
                bench.hear("bob", f"line {number} with some more words in it")
        made = await bench.replier.reply(bench.ask(mode="llm"))
        assert made is not None
        counts[tokens_a_second] = len(made.answer.prompt.turns)
        said = [note for note in made.notes if "did not fit" in note]
        assert bool(said) == (made.left_out > 0)
        assert made.left_out == 31 - len(made.answer.prompt.turns)
    assert counts[20.0] < counts[400.0] / 3
    assert counts[20.0] >= 1


async def test_without_time_to_recall_the_reply_goes_on(home, database):
    bench = Bench(home, database, Remembered(None))
    made = await bench.replier.reply(bench.ask())
    assert made is not None
    assert made.answer.prompt.moments == ()


async def test_a_bug_leaves_the_row_failed(bench, database):
    async def broken(guild):
        raise RuntimeError("a bug")

    bench.voices.voice = broken
    with pytest.raises(RuntimeError):
        await bench.replier.reply(bench.ask(trigger="9"))
    (row,) = database.call(replies.latest)
    assert row.state == "failed"


async def test_a_hybrid_reply_is_the_closest_of_several_lines(bench):
    lines = iter(["no idea at all", "the quiz starts at nine", "fine", "well", "eh"])
    written = []

    async def write(prompt):
        text = next(lines)
        written.append(text)
        yield text
        yield Completion(text)

    bench.local.write = write
    bench.hear("bob", "something to learn")
    request = ReplyRequest(bench.guild, "when does the quiz start", mode="hybrid")
    made = await bench.replier.reply(request)
    assert made.answer.finished.text == "the quiz starts at nine"
    assert len(written) == 5
    assert "the best of 5 tries" in made.notes


async def test_a_slow_model_writes_one_short_line_and_gets_eight_seconds(
    home, database
):
    seen = {}
    for speed in (Speed(400.0, 60.0), Speed(20.0, 1.5)):
        bench = Bench(home, database, measured=Measured(speed, 4096, "tiny"))
        made = await bench.replier.reply(bench.ask(mode="hybrid"))
        assert made
        prompts = bench.local.prompts
        seen[speed.decode] = (len(prompts), prompts[0].max_words)
        limit = 2.5 if speed.decode > 30 else 8.0
        assert 0.9 * limit < prompts[0].deadline_ms / 1000 < limit
        assert made.answer.provider == "local"
    assert seen == {60.0: (5, 60), 1.5: (1, 6)}


async def test_the_time_limit_of_the_settings_counts_before_the_measured_one(
    home, database
):
    measured = Measured(Speed(20.0, 1.5), 4096, "tiny")
    bench = Bench(home, database, measured=measured)
    await bench.settings.change("reply.hybrid_seconds", "3")
    bench.hear("bob", "something to learn")
    await bench.replier.reply(bench.ask(mode="hybrid"))
    assert 2700 < bench.local.prompts[0].deadline_ms < 3000


async def test_a_summary_is_in_the_prompt_and_goes_with_what_it_told_of(
    bench, database
):
    rows = [bench.hear("bob", f"line {number} of a long talk") for number in range(5)]
    linked = [NewLink(row, None, rows[0], 1.0) for row in rows]
    database.call(reply_links.put_many, linked)
    database.call(conversations.summarise, rows[0], "Bob told of ships.", rows[:2], 0)
    made = await bench.replier.reply(bench.ask(message=rows[-1], mode="llm"))
    assert bench.local.prompts[0].summary == "Bob told of ships."
    assert set(made.filled) == {"summary", "conversation"}
    row = database.call(replies.get, made.reply)
    assert (row.filled, row.summary_of) == (made.filled, rows[0])
    database.call(forgetting.blank_replies, bench.guild, rows[:1])
    assert database.call(replies.get, made.reply).state == "forgotten"


async def test_the_summary_of_a_talk_elsewhere_is_not_in_the_prompt(bench, database):
    rows = [bench.hear("bob", "of ships"), bench.hear("eve", "a secret", place="pit")]
    linked = [NewLink(row, None, rows[0], 1.0) for row in rows]
    database.call(reply_links.put_many, linked)
    database.call(conversations.summarise, rows[0], "Eve has a secret.", rows, 0)
    made = await bench.replier.reply(bench.ask(message=rows[0], mode="llm"))
    assert bench.local.prompts[0].summary == ""
    assert database.call(replies.get, made.reply).summary_of is None


async def test_the_tokens_of_a_prompt_are_the_owners_choice(bench):
    for number in range(30):
        bench.hear("bob", f"line {number} with some more words in it")
    await bench.replier.reply(bench.ask(mode="llm"))
    await bench.settings.change("context.tokens", "60", bench.guild)
    made = await bench.replier.reply(bench.ask(mode="llm"))
    before, after = (len(prompt.turns) for prompt in bench.local.prompts)
    assert after < before / 3
    assert sum(made.filled.values()) <= 60


async def test_in_a_thread_the_settings_of_its_channel_hold(bench):
    thread = bench.database.call(guilds.ensure_channel, bench.guild, "a play", "9")
    await bench.settings.change("reply.mode", "markov", bench.guild, bench.channel)
    asked = replace(bench.ask(), channel=thread.id)
    assert (await bench.replier.reply(asked)).mode != "markov"
    made = await bench.replier.reply(replace(asked, root=bench.channel))
    assert made.mode == "markov"


async def test_a_line_of_the_chain_is_written_before_its_row_is_made(bench):
    written = []
    write = bench.markov.write

    async def noting(prompt):
        written.append(bench.database.call(replies.latest))
        async for item in write(prompt):
            yield item

    bench.markov.write = noting
    made = await bench.replier.reply(bench.ask(mode="markov"))
    assert written == [[]]
    (row,) = bench.database.call(replies.latest)
    assert (row.id, row.state, row.text) == (made.reply, "made", "the chain speaks up")
    assert (row.guild_id, row.channel_id, row.reason) == (
        bench.guild,
        bench.channel,
        "command",
    )


async def test_a_trigger_is_claimed_before_its_line_is_written(bench):
    claimed = []
    write = bench.markov.write

    async def noting(prompt):
        claimed.extend(bench.database.call(replies.latest))
        async for item in write(prompt):
            yield item

    bench.markov.write = noting
    await bench.replier.reply(bench.ask(mode="markov", trigger="55"))
    assert [row.trigger for row in claimed] == ["55"]


async def test_a_draft_is_one_from_the_moment_it_is_written(bench):
    made = await bench.replier.reply(bench.ask(trigger="55", is_draft=True))
    row = bench.database.call(replies.get, made.reply)
    assert row.state == "draft"


@pytest.mark.parametrize(("closeness", "state"), [(0.27, "silent"), (0.29, "made")])
async def test_a_line_that_nobody_asked_for_must_be_close_in_meaning(
    home, database, closeness, state
):
    class Close(Remembered):
        async def closeness(self, texts, turns):
            return [closeness for _ in texts]

    bench = Bench(home, database, Close([]))
    shown: list[str | None] = []
    made = await bench.replier.reply(bench.ask(reason="join-in"), shown.append)
    assert made is not None
    row = database.call(replies.get, made.reply)
    assert row.state == state and bool(row.text) == (state == "made")
    assert bool(made.silence) == (state == "silent")
    assert shown == [], "it is shown to nobody before it is known to fit"


async def test_a_line_that_was_kept_silent_may_be_said_later(home, database):
    class Far(Remembered):
        async def closeness(self, texts, turns):
            return [0.0 for _ in texts]

    bench = Bench(home, database, Far([]))
    silent = await bench.replier.reply(bench.ask(reason="join-in"))
    assert silent is not None and silent.silence
    row = database.call(replies.get, silent.reply)
    assert row is not None and row.shares == []
    for is_stale in (False, True):
        await bench.replier.reply(bench.ask())
        assert bench.local.prompts[-1].is_stale(bench.local.text) is is_stale


@pytest.mark.parametrize("provider", ["local", "openai"])
async def test_no_provider_says_or_shows_a_word_that_is_never_said(bench, provider):
    foul = bench.local if provider == "local" else bench.cloud
    asked = []

    async def write(prompt):
        asked.append(prompt)
        for piece in ("well f", " r ", "a", " k you all"):
            yield piece
        yield Completion("well f r a k you all")

    foul.write = write
    await bench.settings.agree(bench.guild, "replies")
    save(bench.home.config_file, "speak.never_say", ["frak"])
    shown: list[str | None] = []
    made = await bench.replier.reply(bench.ask(provider=provider), shown.append)
    assert made is not None and asked[0].never == ("frak",)
    outcomes = {one.provider: one.reason for one in made.answer.rungs}
    assert "never said here" in outcomes[provider]
    assert made.answer.provider == ("markov" if provider == "local" else "local")
    texts = "".join(piece or "|" for piece in shown)
    assert "f r" not in texts and "k you" not in texts and "well" in texts


async def test_a_word_said_by_every_provider_ends_in_silence(bench):
    bench.local.text = bench.markov.text = "oh frak"
    save(bench.home.config_file, "speak.never_say", ["frak", "words"])
    made = await bench.replier.reply(bench.ask())
    assert made is not None and made.answer.finished.parts == ()


def test_only_what_people_said_at_some_length_is_a_topic(bench):
    row = bench.hear("bob", "the boats are out with the tide")
    bench.hear("bob", "so they are")
    found = bench.database.call(talk_topics.earlier, bench.guild, bench.channel)
    assert [one.id for one in found] == [row]


async def test_the_model_hears_when_nothing_shows_how_people_write(bench):
    await bench.replier.reply(bench.ask("hi"))
    assert bench.local.prompts[-1].is_first
    bench.hear("bob", "hello everyone")
    await bench.replier.reply(bench.ask("hi"))
    assert not bench.local.prompts[-1].is_first


class Told:
    """A lorebook with one entry."""

    def __init__(self):
        self.asked = []

    async def told(self, guild, name, turns):
        self.asked.append((guild, name, [turn.text for turn in turns]))
        return (LoreText("Cat", "The cat is grey."),)


async def test_the_lorebook_tells_a_model_of_the_talk_and_the_row_names_it(
    bench, database
):
    bench.hear("bob", "some line")
    bench.replier._prompts._lore = book = Told()
    made = await bench.replier.reply(bench.ask(text="and the cat?", trigger="77"))
    assert book.asked == [(bench.guild, "Mynah", ["and the cat?"])]
    prompt = bench.local.prompts[0]
    assert prompt.lore == (LoreText("Cat", "The cat is grey."),)
    row = database.call(replies.get, made.reply)
    assert "the lorebook told it: Cat" in row.notes and row.filled["lore"]


async def test_no_book_is_asked_for_the_chain_the_past_a_member_or_where_it_is_off(
    bench,
):
    bench.hear("bob", "some line")
    bench.replier._prompts._lore = book = Told()
    past = Past(10**12, ((1, 1),))
    await bench.replier.reply(bench.ask(mode="markov"))
    await bench.replier.reply(bench.ask(past=past))
    save(bench.home.config_file, "context.lore", 0)
    bench.settings._looked = None
    await bench.replier.reply(bench.ask())
    assert book.asked == []


async def test_what_the_chain_wrote_is_not_explained_by_the_lorebook(bench, database):
    bench.replier._prompts._lore = Told()
    bench.local.unavailable = lambda prompt: "it is not here"
    made = await bench.replier.reply(bench.ask(mode="llm"))
    assert made.answer.provider == "markov"
    assert not any("lorebook" in note for note in made.notes)


PICTURE, SMALL = b"a picture", b"a picture, made small"


async def test_a_model_here_with_eyes_gets_the_picture_and_more_time(home, database):
    blind, seeing = (
        Bench(home, database, measured=Measured(Speed(), 1024, "m", picture_ms=ms))
        for ms in (0.0, 3000.0)
    )
    made = await seeing.replier.reply(seeing.ask(pictures=shows(PICTURE)))
    (prompt,) = seeing.local.prompts
    assert prompt.pictures == (SMALL,)
    assert made and "it looked at 1 picture" in made.notes
    await blind.replier.reply(blind.ask())
    assert prompt.deadline_ms > blind.local.prompts[0].deadline_ms + 2500


async def test_a_blind_model_is_not_asked_and_the_line_says_why(home, database):
    bench = Bench(home, database, measured=Measured(Speed(), 1024, "m"))
    read: list[bytes] = []
    made = await bench.replier.reply(bench.ask(pictures=shows(PICTURE, read)))
    assert not bench.local.prompts
    assert read == []
    assert bench.markov.prompts[0].unseen == NOBODY
    assert made
    outcomes = [(rung.provider, rung.outcome) for rung in made.answer.rungs]
    assert outcomes == [("local", "skipped"), ("markov", "answered")]


async def test_the_chain_speaks_when_eyes_fail_in_time(home, database):
    measured = Measured(Speed(), 1024, "m", picture_ms=100.0)
    bench = Bench(home, database, measured=measured)
    bench.local.text = ""
    made = await bench.replier.reply(bench.ask(pictures=shows(PICTURE)))
    assert made and made.answer.provider == "markov"
    assert bench.markov.prompts[0].unseen == ""


async def test_a_broken_picture_is_told_of_and_asked_of_nobody(home, database):
    measured = Measured(Speed(), 1024, "m", picture_ms=100.0)
    bench = Bench(home, database, measured=measured)
    await bench.replier.reply(bench.ask(pictures=shows(b"broken")))
    assert not bench.local.prompts
    assert "cannot be read" in bench.markov.prompts[0].unseen


@pytest.mark.parametrize("reason, mode", [("join-in", None), ("mention", "markov")])
async def test_nobody_looks_where_nobody_asked_or_no_model_writes(
    home, database, reason, mode
):
    measured = Measured(Speed(), 1024, "m", picture_ms=100.0)
    bench = Bench(home, database, measured=measured)
    read: list[bytes] = []
    ask = bench.ask(pictures=shows(PICTURE, read), reason=reason, mode=mode)
    await bench.replier.reply(ask)
    assert read == []
    assert all(not prompt.unseen for prompt in bench.markov.prompts)


async def test_a_host_gets_a_picture_only_where_the_server_agreed_to_that(bench):
    change, ask = bench.settings.change, bench.ask(pictures=shows(PICTURE))
    await change("reply.provider", "openai", bench.guild, agreed=True)
    await bench.replier.reply(ask)
    assert not bench.cloud.prompts
    await bench.settings._put("context.pictures", "host", bench.guild, 0)
    await bench.replier.reply(ask)
    assert not bench.cloud.prompts
    await change("context.pictures", "host", bench.guild, agreed=True)
    await bench.replier.reply(ask)
    assert bench.cloud.prompts[0].pictures == (SMALL,)
    await change("reply.local_only", "on", bench.guild)
    await bench.replier.reply(ask)
    assert len(bench.cloud.prompts) == 1
    await change("context.pictures", "off", bench.guild)
    await change("reply.local_only", "off", bench.guild)
    await bench.replier.reply(ask)
    assert bench.cloud.prompts[1].pictures == ()
