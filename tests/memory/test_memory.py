"""Learning and recalling over a real database."""

import asyncio

import pytest

from app.core.errors import ConfigError
from app.memory import guild_index, index, recalled_moments
from app.memory.memory import Memory
from app.memory.vectors import NOTHING, unpack
from app.store import embeddings, forgetting, guilds, members, messages, snapshots
from app.store.database import bound
from tests.memory.conftest import WordEmbedder
from tests.store.conftest import on_sqlite


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
async def memory(home, db, reader, embedder):
    made = Memory(home, db, reader, lambda model: embedder, now=lambda: 1e6)
    yield made
    await made.close()


def rows_of(db, shelf):
    """The messages that an index holds, wherever it is."""
    if isinstance(shelf, guild_index.GuildIndex):
        return sorted(shelf._index.rows().tolist())
    held = f"SELECT message_id FROM meaning_{shelf.dimension} ORDER BY 1"
    return [row for (row,) in db.call(lambda: list(bound().execute_sql(held)))]


async def learn(memory, guild, row, text):
    await memory.learn(guild, row, text)


async def test_a_moment_comes_with_what_was_said_around_it(memory, guild, tell):
    minute = 60_000
    texts = ["who has seen yorick", "alas poor yorick", "i knew him well horatio"]
    rows = [tell(text, ts=n * minute) for n, text in enumerate(texts)]
    later = tell("words words words", ts=500 * minute)
    await memory.catch_up(guild)
    (moment,) = await memory.recall(guild, ["what of poor yorick"], None, 1)
    assert moment.row == rows[1]
    assert [message.id for message in moment.messages] == rows
    assert later not in [message.id for message in moment.messages]


async def test_a_message_just_learned_is_found_at_once(memory, guild, tell):
    await memory.catch_up(guild)
    row = tell("the rest is silence")
    await memory.learn(guild, row, "the rest is silence")
    (moment,) = await memory.recall(guild, ["is the rest silence"], None, 3)
    assert moment.row == row


async def test_nothing_comes_from_another_guild(memory, db, guild, tell):
    other = db.call(guilds.ensure, "The Rose").id
    tell("tomorrow and tomorrow and tomorrow", into=other)
    await memory.catch_up(other)
    await memory.catch_up(guild)
    assert await memory.recall(guild, ["tomorrow and tomorrow"], None, 5) == []


def test_no_row_of_another_guild_or_out_of_use_is_shown_though_an_index_names_it(
    db, guild, tell
):
    other = db.call(guilds.ensure, "The Rose").id
    own, left_out = tell("out, out"), tell("brief candle", dropped="bot")
    rows = [own, left_out, tell("life's but a walking shadow", into=other)]
    shown = db.call(recalled_moments.shown, guild, rows, None, set())
    assert [message.id for message in shown] == [own]


async def test_nothing_comes_from_channels_the_asker_cannot_see(
    memory, db, guild, tell
):
    tell("the king is dead", channel="court")
    row = tell("the king is old", channel="stage")
    await memory.catch_up(guild)
    stage = db.call(guilds.ensure_channel, guild, "stage").id
    found = await memory.recall(guild, ["the king is dead"], [stage], 5)
    assert [moment.row for moment in found] == [row]
    assert all(m.channel == stage for moment in found for m in moment.messages)


async def test_the_search_widens_until_it_reaches_the_visible_channel(
    memory, db, guild, tell
):
    for number in range(120):
        tell(f"the king is dead {number}", channel="court")
    row = tell("the king was dead and old once", channel="stage")
    await memory.catch_up(guild)
    stage = db.call(guilds.ensure_channel, guild, "stage").id
    found = await memory.recall(guild, ["the king is dead"], [stage], 1)
    assert [moment.row for moment in found] == [row]


async def test_what_the_voice_was_rolled_back_behind_is_not_recalled(
    memory, db, guild, tell
):
    row = tell("alas poor yorick", ts=0)
    snapshot = db.call(snapshots.take, guild, "before", 0, 0)
    tell("alas poor yorick of the raid", ts=1000)
    await memory.catch_up(guild)
    db.call(snapshots.take, guild, "after", 0, 0)
    db.call(snapshots.roll_back, snapshot, (), ())
    said_since = tell("alas poor yorick again", ts=2000)
    await memory.catch_up(guild)

    async def recalled():
        found = await memory.recall(guild, ["alas poor yorick"], None, 5)
        return [message.text for moment in found for message in moment.messages]

    assert await recalled() == ["alas poor yorick", "alas poor yorick again"]
    assert row < said_since
    db.call(snapshots.roll_back, db.call(snapshots.get, guild, "after"), (), ())
    assert "alas poor yorick of the raid" in await recalled()


async def test_members_who_opted_out_are_not_quoted_even_as_neighbors(
    memory, db, guild, tell
):
    tell("my kingdom for a horse", author="richard")
    tell("a horse a horse", author="groom", ts=1000)
    await memory.catch_up(guild)
    member = db.call(members.ensure, guild, "richard", "Richard").id
    db.call(members.set_opted_out, guild, "richard", True)
    assert member
    found = await memory.recall(guild, ["a horse for my kingdom"], None, 5)
    names = {m.author for moment in found for m in moment.messages}
    assert names == {"groom"}


async def test_what_is_in_the_prompt_already_is_not_recalled(memory, guild, tell):
    row = tell("to be or not to be")
    await memory.catch_up(guild)
    assert await memory.recall(guild, ["to be"], None, 3, without=[row]) == []


async def test_trivial_texts_get_no_vector_and_are_not_tried_again(
    memory, db, guild, tell, embedder
):
    tell("lol")
    tell("https://example.org/a-long-address")
    assert await memory.catch_up(guild) == 2
    assert await memory.catch_up(guild) == 0
    assert embedder.embedded == []
    stored = db.call(lambda: list(embeddings.vectors(guild, "words")))
    assert [blob for _, blob in stored] == [NOTHING, NOTHING]


async def test_the_newest_messages_are_embedded_first(
    home, db, reader, guild, tell, embedder, monkeypatch
):
    monkeypatch.setattr("app.memory.memory.PAGE", 2)
    texts = [f"line number {n} of the play" for n in range(6)]
    for text in texts:
        tell(text)
    memory = Memory(home, db, reader, lambda model: embedder)
    await memory.catch_up(guild)
    await memory.close()
    assert set(embedder.embedded[:2]) == set(texts[-2:])
    assert sorted(embedder.embedded) == texts


async def test_dropped_messages_are_not_embedded(memory, guild, tell, embedder):
    tell("never to be learned", dropped="opted out")
    await memory.catch_up(guild)
    assert embedder.embedded == []


async def test_the_backlog_waits_while_a_reply_is_made(memory, guild, tell, embedder):
    tell("patience good sir")
    with memory.quiet():
        task = asyncio.create_task(memory.catch_up(guild))
        await asyncio.sleep(0.2)
        assert embedder.embedded == []
    await task
    assert embedder.embedded == ["patience good sir"]


async def test_an_edited_message_is_found_by_its_new_words_only(
    memory, db, guild, tell
):
    row = tell("the lady doth protest")
    await memory.catch_up(guild)
    await memory.learn(guild, row, "cry havoc and let slip")
    assert await memory.recall(guild, ["the lady doth protest"], None, 3) == []
    found = await memory.recall(guild, ["cry havoc and let slip"], None, 3)
    assert [moment.row for moment in found] == [row]
    await memory.learn(guild, row, "ok")
    assert await memory.recall(guild, ["cry havoc and let slip"], None, 3) == []


@pytest.mark.parametrize("exact_below", [1000, 4])
async def test_forgotten_messages_leave_index_and_table(
    memory, db, home, guild, tell, monkeypatch, exact_below, engine
):
    monkeypatch.setattr(index, "EXACT_BELOW", exact_below)
    monkeypatch.setattr("app.memory.memory.PAGE", 4)
    rows = [tell(f"speech {n} of king lear act {n}") for n in range(12)]
    await memory.catch_up(guild)
    before = await files_of(home, guild)
    db.call(forgetting.delete, guild, rows[:3])
    await memory.forget(guild, rows[:3])
    # The small graph is worn at once; a large one is mended in place.
    assert not await files_of(home, guild)
    assert bool(before) == (exact_below == 4 and engine == "sqlite")
    kept = db.call(lambda: [r for r, _ in embeddings.vectors(guild, "words")])
    assert kept == rows[3:]
    opened = await memory._shelf(guild)
    assert rows_of(db, opened) == rows[3:]
    assert not opened.needs_rebuild
    found = await memory.recall(guild, ["speech 1 of king lear act 1"], None, 12)
    assert not {moment.row for moment in found} & set(rows[:3])


@on_sqlite
async def test_a_deletion_in_a_large_graph_takes_its_vector_out_of_the_file(
    memory, db, home, guild, tell, monkeypatch
):
    monkeypatch.setattr(index, "EXACT_BELOW", 4)
    monkeypatch.setattr("app.memory.memory.PAGE", 4)
    monkeypatch.setattr(index, "WORN", 0.5)
    rows = [tell(f"speech {n} of king lear act {n}") for n in range(12)]
    await memory.catch_up(guild)
    opened = await memory._shelf(guild)
    stored = db.call(embeddings.of_messages, "words", rows[:1])
    vector = unpack([stored[0][1]], opened.dimension)[0].tobytes()
    file = home.index(guild) / "index.bin"
    assert vector in file.read_bytes()
    db.call(forgetting.delete, guild, rows[:1])
    await memory.forget(guild, rows[:1])
    assert not file.exists()
    await memory._call(opened.save)
    assert vector not in file.read_bytes()


@on_sqlite
async def test_a_new_line_of_no_meaning_leaves_the_file_of_the_index_alone(
    memory, home, guild, tell, monkeypatch
):
    monkeypatch.setattr(index, "EXACT_BELOW", 4)
    for n in range(6):
        tell(f"speech {n} of king lear act {n}")
    await memory.catch_up(guild)
    await memory._call((await memory._shelf(guild)).save)
    await memory.learn(guild, tell("lol"), "lol")
    assert (home.index(guild) / "index.bin").exists()
    edited = tell("nothing will come of nothing")
    await memory.learn(guild, edited, "nothing will come of nothing")
    await memory.learn(guild, edited, "lol")
    assert edited not in (await memory._shelf(guild))._index.rows()


async def files_of(home, guild):
    directory = home.index(guild)
    return await asyncio.to_thread(
        lambda: (
            sorted(p.name for p in directory.iterdir()) if directory.exists() else []
        )
    )


@on_sqlite
async def test_a_new_start_uses_the_file_and_adds_what_came_after(
    home, db, reader, guild, tell, embedder, monkeypatch
):
    monkeypatch.setattr(index, "EXACT_BELOW", 4)
    rows = [tell(f"scene {n} before the castle") for n in range(9)]
    first = Memory(home, db, reader, lambda model: embedder)
    await first.catch_up(guild)
    await first.close()
    blobs = [(tell("a heath with thunder"), b"\0" * (4 + embedder.dimension))]
    db.call(embeddings.add_many, guild, "words", blobs)
    added: list[int] = []
    real = guild_index.GuildIndex.add

    def add(self, page):
        added.extend(row for _, row, _ in page)
        return real(self, page)

    monkeypatch.setattr(guild_index.GuildIndex, "add", add)
    second = Memory(home, db, reader, lambda model: embedder)
    opened = await second._shelf(guild)
    assert added == [blobs[0][0]]
    assert rows_of(db, opened) == [*rows, blobs[0][0]]
    await second.close()


@on_sqlite
async def test_an_index_file_that_differs_from_the_database_is_built_anew(
    home, db, reader, guild, tell, embedder, monkeypatch
):
    monkeypatch.setattr(index, "EXACT_BELOW", 4)
    rows = [tell(f"scene {n} before the castle") for n in range(9)]
    first = Memory(home, db, reader, lambda model: embedder)
    await first.catch_up(guild)
    await first.close()
    db.call(forgetting.delete, guild, rows[:2])
    second = Memory(home, db, reader, lambda model: embedder)
    opened = await second._shelf(guild)
    assert rows_of(db, opened) == rows[2:]
    await second.close()


async def test_old_vectors_serve_until_the_new_model_is_through(
    home, db, reader, guild, tell
):
    row = tell("now is the winter of our discontent")
    models = {"old": WordEmbedder("old"), "new": WordEmbedder("new")}
    first = Memory(home, db, reader, lambda model: models[model or "old"])
    await first.catch_up(guild)
    await first.close()
    second = Memory(home, db, reader, lambda model: models[model or "new"])
    found = await second.recall(guild, ["winter of discontent"], None, 1)
    assert [moment.row for moment in found] == [row]
    assert models["new"].embedded == []
    await second.catch_up(guild)
    found = await second.recall(guild, ["winter of discontent"], None, 1)
    assert [moment.row for moment in found] == [row]
    assert db.call(embeddings.models, guild) == [("new", 1)]
    await second.close()


async def test_the_model_can_change_while_the_old_vectors_serve(
    home, db, reader, guild, tell
):
    row = tell("now is the winter of our discontent")
    models = {"old": WordEmbedder("old"), "new": WordEmbedder("new")}
    wanted = ["old"]
    memory = Memory(home, db, reader, lambda model: models[model or wanted[0]])
    await memory.catch_up(guild)
    wanted[0] = "new"
    memory.change_model()
    found = await memory.recall(guild, ["winter of discontent"], None, 1)
    assert [moment.row for moment in found] == [row]
    assert models["new"].embedded == []
    await memory.catch_up(guild)
    assert db.call(embeddings.models, guild) == [("new", 1)]
    found = await memory.recall(guild, ["winter of discontent"], None, 1)
    assert [moment.row for moment in found] == [row]
    await memory.close()


async def test_a_model_that_cannot_be_had_leaves_the_old_vectors_serving(
    home, db, reader, guild, tell
):
    row = tell("now is the winter of our discontent")
    first = Memory(home, db, reader, lambda model: WordEmbedder("old"))
    await first.catch_up(guild)
    await first.close()

    def missing(model):
        if model is None:
            raise ConfigError("No network.")
        return WordEmbedder(model)

    second = Memory(home, db, reader, missing)
    with pytest.raises(ConfigError):
        await second.catch_up(guild)
    found = await second.recall(guild, ["winter of discontent"], None, 1)
    assert [moment.row for moment in found] == [row]
    await second.close()


@pytest.mark.parametrize("exact_below", [1000, 4])
async def test_pruning_lets_go_of_the_oldest_vectors_and_of_no_message(
    memory, db, guild, tell, monkeypatch, exact_below
):
    monkeypatch.setattr(index, "EXACT_BELOW", exact_below)
    rows = [tell(f"verse {n} of the sonnet") for n in range(10)]
    await memory.catch_up(guild)
    room = db.call(embeddings.room, guild)
    assert await memory.prune(guild, 10**9) == 0
    gone = await memory.prune(guild, room.bytes - room.vector_bytes)
    assert 0 < gone < 10
    left = db.call(embeddings.room, guild)
    assert left.bytes <= room.bytes - gone * room.vector_bytes
    opened = await memory._shelf(guild)
    assert rows_of(db, opened) == rows[gone:]
    assert db.call(messages.count, guild) == 10
    assert await memory.catch_up(guild) == 0
    await memory.prune(guild, 1)
    assert len(opened) == 0
    assert await memory.prune(guild, 1) == 0


async def test_the_closest_draft_shares_most_with_the_conversation(memory):
    drafts = ["a pound of flesh", "the quality of mercy", "all that glisters"]
    scores = await memory.closeness(drafts, ["is there any mercy", "what quality"])
    assert scores.index(max(scores)) == 1


async def test_an_edit_in_the_store_is_embedded_anew(memory, db, guild, tell, embedder):
    row = tell("the lady doth protest")
    tell("sound drums with trumpets")
    await memory.catch_up(guild)
    db.call(messages.edit, row, "cry havoc and let slip")
    await memory.forget(guild, [row])
    assert await memory.recall(guild, ["the lady doth protest"], None, 3) == []
    assert await memory.catch_up(guild) == 1
    found = await memory.recall(guild, ["cry havoc and let slip"], None, 1)
    assert [moment.row for moment in found] == [row]


async def test_catching_up_again_reads_only_what_is_new(memory, guild, tell, embedder):
    for number in range(5):
        tell(f"line {number} of the chorus")
    await memory.catch_up(guild)
    embedder.embedded.clear()
    tell("exit pursued by a bear")
    assert await memory.catch_up(guild) == 1
    assert embedder.embedded == ["exit pursued by a bear"]


async def test_progress_is_told_until_all_is_done(home, db, reader, guild, tell):
    for number in range(5):
        tell(f"line {number} of the chorus")
    seen = []
    memory = Memory(
        home, db, reader, lambda model: WordEmbedder(),
        report=lambda *figures: seen.append(figures[:3]),
    )  # fmt: skip
    await memory.catch_up(guild)
    await memory.close()
    assert seen[-1] == (guild, 5, 5)


async def test_progress_ends_although_the_rest_is_forgotten(
    home, db, reader, guild, tell, monkeypatch
):
    monkeypatch.setattr("app.memory.memory.PAGE", 2)
    rows = [tell(f"line {number} of the chorus") for number in range(5)]
    seen = []

    def told(guild, done, total, rate):
        seen.append((done, total))
        if len(seen) == 1:
            db.call(forgetting.delete, guild, rows[:3])

    memory = Memory(home, db, reader, lambda model: WordEmbedder(), report=told)
    await memory.catch_up(guild)
    await memory.close()
    assert seen == [(2, 5), (2, 2)]


@on_sqlite
async def test_the_files_of_an_index_go_without_a_model(home, db, reader, guild, tell):
    def nobody(model):
        raise ConfigError("the hub cannot be reached", "")

    directory = home.index(guild)
    directory.mkdir(parents=True)
    for name in ("index.bin", "sidecar.json"):
        (directory / name).touch()
    memory = Memory(home, db, reader, nobody)
    await memory.drop(guild)
    await memory.close()
    assert [*directory.iterdir()] == []
