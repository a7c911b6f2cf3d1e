"""Measures memory: embedding rates, stored vectors, the index, choosing drafts.

    python tests/bench/bench_memory.py MESSAGES.jsonl.gz [--part embed] [--count 6000]

Rates are of one run on the same messages; compare ratios, not machines.
"""

import argparse
import asyncio
import functools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from app.core.names import GuildId
from app.core.paths import asset
from app.evaluation.annotated_chat import read_rows
from app.evaluation.recall_scores import RecallMessage
from app.memory.embedder import BUILT_IN_ID, Embedder, batches, is_trivial
from app.memory.index import Exact, Graph
from app.memory.index_files import load, save
from app.memory.memory import GLANCE_TOKENS
from app.memory.recall import TURNS, closest, meaning
from app.memory.stored_index import StoredIndex
from app.memory.vectors import Floats, normalise, pack, unpack
from app.store import embeddings, guilds, members, statements
from app.store.database import Database, bound
from app.store.engines.address import StoreAddress
from app.store.search import near_vectors
from tests.store import postgresql_server

QUERIES = 200
TIE = 1e-6
"""Similarities closer than this are those of equal texts."""


def texts_of(paths: Sequence[Path]) -> list[str]:
    """The texts of all files, empty ones left out."""
    return [row["text"] for path in paths for row in read_rows(path) if row["text"]]


def megabytes() -> float:
    """Memory of this process."""
    return float(psutil.Process().memory_info().rss) / 1e6


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def feed(embedder: Embedder, inputs: Sequence[dict[str, Any]]) -> None:
    """Run bare onnxruntime on prepared batches."""
    for arrays in inputs:
        embedder._model.model.run(None, arrays)


def embed(texts: list[str], threads: int) -> None:
    """Messages a second: ours, bare onnxruntime, and fastembed as it comes."""
    before = megabytes()
    embedder = Embedder.open(threads=threads)
    half = len(texts) // 2
    own = bare = 0.0
    for part in (texts[:half], texts[half:]):
        # Ours and bare in turns, so that what else the machine does meets both.
        telling = [text for text in part if not is_trivial(text)]
        own += timed(functools.partial(embedder.embed, telling))
        unique = list(dict.fromkeys(telling))
        encoded = embedder._encode(unique)
        inputs = [
            embedder.inputs([encoded[number] for number in batch])
            for batch in batches([len(ids) for ids in encoded])
        ]
        bare += timed(functools.partial(feed, embedder, inputs))
    used = megabytes() - before
    from fastembed import TextEmbedding

    whole = TextEmbedding(BUILT_IN_ID, specific_model_path=str(asset("embedding")))
    theirs = timed(lambda: list(whole.embed(texts)))
    print(f"{len(texts):,} messages, {threads} thread(s), session {used:.0f} MB")
    print(f"  pipeline            {len(texts) / own:8.0f} messages/s")
    print(f"  bare onnxruntime    {len(texts) / bare:8.0f} messages/s on its batches")
    print(f"  fastembed.embed()   {len(texts) / theirs:8.0f} messages/s, its defaults")
    print(
        f"  pipeline / fastembed {theirs / own:.1f}, pipeline / bare {bare / own:.2f}"
    )


def recall_at_10(
    found: Sequence[Sequence[int]], true: Sequence[Sequence[int]]
) -> float:
    """Mean share of the true ten that were found."""
    shares = [len(set(f) & set(t)) / 10 for f, t in zip(found, true, strict=True)]
    return statistics.mean(shares)


def stored(vectors: Floats) -> None:
    """Bytes of the stored form, and what it costs.

    Many chat lines are the same word for word, and which ten of forty equals come out
    first says nothing: whatever is as near as the true tenth counts as true.
    """
    blobs = pack(vectors)
    back = unpack(blobs, vectors.shape[1])
    print(f"stored form {len(blobs[0])} bytes")
    distinct = np.sort(np.unique(vectors, axis=0, return_index=True)[1])
    for name, places in (("all", np.arange(len(vectors))), ("distinct", distinct)):
        true, made = vectors[places], back[places]
        chosen = range(0, len(true), max(1, len(true) // QUERIES))
        strict, fair = [], []
        for query in chosen:
            similar = true @ true[query]
            found = np.argsort(-(made @ made[query]), kind="stable")[:10]
            best = np.argsort(-similar, kind="stable")[:10]
            strict.append(len(np.intersect1d(found, best)) / 10)
            fair.append(float((similar[found] >= similar[best[-1]] - TIE).mean()))
        print(
            f"  {name} {len(true):,} texts: recall@10 {statistics.mean(fair):.3f},"
            f" {statistics.mean(strict):.3f} if equals count as different"
        )


def grow(vectors: Floats, count: int) -> Floats:
    """More vectors of the same kind: those there are, each a little moved."""
    rng = np.random.default_rng(0)
    chosen = vectors[rng.integers(len(vectors), size=count)]
    noise = rng.normal(size=chosen.shape).astype(np.float32) * 0.02
    return normalise(chosen + noise)


def index(vectors: Floats, count: int) -> None:
    """Build, query, save and load the graph, against exact search."""
    many = grow(vectors, count)
    exact, graph = Exact(many.shape[1]), Graph(many.shape[1], room=count)
    exact.add(range(count), many)
    building = timed(lambda: graph.add(range(count), many))
    queries = grow(vectors, QUERIES)
    true, slow = _search(exact, queries)
    found, quick = _search(graph, queries)
    print(f"index of {count:,}: built in {building:.0f} s")
    print(f"  exact {statistics.median(slow):.2f} ms a query at the median")
    print(
        f"  graph {statistics.median(quick):.2f} ms at the median,"
        f" {np.quantile(quick, 0.99):.2f} ms at the 99th percentile,"
        f" recall@10 {recall_at_10(found, true):.3f}"
    )
    one = timed(lambda: graph.add([count], queries[:1]))
    print(f"  one more vector in {1000 * one:.1f} ms")
    with tempfile.TemporaryDirectory() as scratch:
        saving = timed(lambda: save(graph, Path(scratch), "mini", count))
        size = (Path(scratch) / "index.bin").stat().st_size
        loading = timed(lambda: load(Path(scratch), "mini", many.shape[1]))
    print(f"  {size / 1e6:.0f} MB, saved in {saving:.1f} s, loaded in {loading:.1f} s")


def postgresql(vectors: Floats, count: int) -> None:
    """Find the same in PostgreSQL with pgvector, beside hnswlib."""
    many = grow(vectors, count)
    dimension = many.shape[1]
    exact, graph = Exact(dimension), Graph(dimension, room=count)
    exact.add(range(1, count + 1), many)
    building = timed(lambda: graph.add(range(1, count + 1), many))
    queries = grow(vectors, QUERIES)
    true, _ = _search(exact, queries)
    print(f"{count:,} vectors; hnswlib built in {building:.0f} s")
    with (
        postgresql_server.running() as (port, _),
        Database(StoreAddress("127.0.0.1", "postgres", port, "postgres")) as database,
        Database(database.place, read_only=True) as reader,
    ):
        guild = database.call(guilds.ensure, "bench").id
        database.call(_rows, guild, many)
        database.call(near_vectors.prepare, dimension)
        stored = StoredIndex(database, reader, guild, "bench", dimension)
        database.call(lambda: near_vectors.drop_graphs(bound()))
        page = database.call(embeddings.added_after, guild, "bench", 0, count)
        adding = timed(lambda: stored.add(page[:-100]))
        building = timed(
            lambda: database.call(lambda: near_vectors.make_graphs(bound()))
        )
        one = timed(lambda: stored.add(page[-100:])) / 100
        database.call(lambda: bound().execute_sql("ANALYZE"))
        size = database.call(
            lambda: bound().execute_sql(
                f"SELECT pg_total_relation_size('meaning_{dimension}')"
            )
        ).fetchone()[0]
        print(
            f"  pgvector: added in {adding:.0f} s, graph built in {building:.0f} s,"
            f" one more vector in {1000 * one:.1f} ms, {size / 1e6:.0f} MB"
        )
        for wide in (10, 192):
            for name, made in (("hnswlib", graph), ("pgvector", stored)):
                _search(made, queries, wide)
                found, quick = _search(made, queries, wide)
                print(
                    f"  {wide} nearest by {name}: {statistics.median(quick):.2f} ms at"
                    f" the median, {np.quantile(quick, 0.99):.2f} ms at the 99th"
                    f" percentile, recall@10 {recall_at_10(found, true):.3f}"
                )


def _rows(guild: GuildId, vectors: Floats) -> None:
    """Messages with these vectors."""
    place = guilds.ensure_channel(guild, "bench").id
    member = members.ensure(guild, "bench", "bench").id
    columns = ("guild_id", "channel_id", "member_id", "external", "ts", "text")
    rows = [(guild, place, member, str(n), n, "") for n in range(len(vectors))]
    statements.insert_new(bound(), "message", columns, rows)
    for start in range(0, len(vectors), 2000):
        blobs = enumerate(pack(vectors[start : start + 2000]), start + 1)
        embeddings.add_many(guild, "bench", [*blobs])


def _search(
    made: Exact | Graph | StoredIndex, queries: Floats, wide: int = 10
) -> tuple[list[list[int]], list[float]]:
    """Rows found and milliseconds taken, a query each."""
    found, times = [], []
    for query in queries:
        begun = time.perf_counter()
        near = made.search(query, wide)
        times.append(1000 * (time.perf_counter() - begun))
        found.append([neighbor.row for neighbor in near[:10]])
    return found, times


def drafts(paths: Sequence[Path], count: int, trials: int) -> None:
    """Whether the chosen one of 20 drafts is nearer to the true answer than another.

    A trial is a real reply: its conversation is the message it answers with what came
    before that in the channel, and the drafts are other lines of the guild.
    """
    rng = random.Random(0)
    said, channels = _conversations(paths)
    embedder = Embedder.open(threads=1)
    pairs = [n for n, message in enumerate(said) if message.answers is not None]
    pool = [m.text for m in said if not is_trivial(m.text)]
    better, times = 0.0, []
    chosen = rng.sample(pairs, min(trials, len(pairs)))
    for place in chosen:
        answered = said[place].answers or 0
        turns = [said[n].text for n in channels[answered]]
        offered = rng.sample(pool, count)
        begun = time.process_time()
        read = embedder.embed([*turns[-TURNS:], *offered], GLANCE_TOKENS)
        scores = closest(read[len(turns) :], meaning(read[: len(turns)]))
        times.append(1000 * (time.process_time() - begun))
        best = scores.index(max(scores))
        truth = embedder.embed([said[place].text])[0]
        near = embedder.embed(offered) @ truth
        others = np.delete(near, best)
        better += float((near[best] > others).mean())
    print(f"{len(chosen)} replies, {count} drafts each:")
    print(f"  the chosen one beats a random one in {100 * better / len(chosen):.1f} %")
    print(
        f"  {statistics.median(times):.0f} ms of processor time at the median for all,"
        f" {np.quantile(times, 0.9):.0f} ms for one in ten"
    )


def _conversations(
    paths: Sequence[Path],
) -> tuple[list[RecallMessage], list[list[int]]]:
    """Messages, and for each the places of it and the three before in its channel."""
    said: list[RecallMessage] = []
    place: dict[str, int] = {}
    last: dict[str, list[int]] = {}
    before: list[list[int]] = []
    for path in paths:
        for row in read_rows(path):
            place[str(row["id"])] = len(said)
            line = last.setdefault(row.get("channel") or "", [])
            line.append(len(said))
            before.append(line[-4:])
            said.append(
                RecallMessage(0, row["text"], place.get(row.get("reply_to") or ""))
            )
    return said, before


async def heartbeat(texts: list[str]) -> None:
    """How late the event loop wakes while its memory thread embeds."""
    embedder = await asyncio.to_thread(Embedder.open)
    task = asyncio.create_task(asyncio.to_thread(embedder.embed, texts))
    late = []
    while not task.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        late.append(1000 * (time.perf_counter() - begun) - 10)
    print(
        f"event loop late by {statistics.median(late):.1f} ms at the median,"
        f" {max(late):.0f} ms at most, over {len(late)} looks"
    )


def main() -> None:
    """Run one part or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parts = ("embed", "stored", "index", "postgresql", "drafts", "heartbeat")
    parser.add_argument("--part", choices=parts, action="append")
    parser.add_argument("--count", type=int, default=6000, help="messages")
    parser.add_argument("--vectors", type=int, default=200_000, help="in the index")
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    wanted = options.part or parts
    texts = texts_of(options.files)[-options.count :]
    if "embed" in wanted:
        embed(texts, options.threads)
    if {"stored", "index", "postgresql"} & {*wanted}:
        telling = [text for text in texts if not is_trivial(text)]
        vectors = Embedder.open(threads=options.threads).embed(telling)
        if "stored" in wanted:
            stored(vectors)
        if "index" in wanted:
            index(vectors, options.vectors)
        if "postgresql" in wanted:
            postgresql(vectors, options.vectors)
    if "drafts" in wanted:
        drafts(options.files, 20, options.trials)
    if "heartbeat" in wanted:
        asyncio.run(heartbeat(texts[:500]))


if __name__ == "__main__":
    main()
