"""Fetching from a hub that misbehaves, over real sockets."""

import asyncio
import dataclasses
import hashlib
import random
import shutil
import threading
from collections.abc import Iterator

import pytest
from huggingface_hub import constants

from app.core.paths import Home
from app.core.proxy import Proxy
from app.modelfiles import download
from app.modelfiles.catalogue import CatalogueEntry, find
from app.modelfiles.download import CancelledFetchError, FetchError, fetch
from tests.hub_stand_in import Hub, running
from tests.proxy_stand_in import ProxyStandIn

CONTENT = random.Random(1).randbytes(3_000_000)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running(Hub(CONTENT)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)
        yield served


@pytest.fixture
def entry() -> CatalogueEntry:
    return dataclasses.replace(
        find("starter"),
        name="tiny",
        source="hub:someone/tiny@" + "c" * 40,
        file="tiny.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
    )


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def test_a_file_comes_whole_and_shows_its_progress(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    seen: list[int] = []
    path = fetch(home, entry, lambda done, total: seen.append(done))
    assert path.read_bytes() == CONTENT
    assert seen == sorted(seen) and seen[-1] == len(CONTENT) and len(seen) > 10


def test_a_cut_connection_goes_on_where_it_broke(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    hub.cut_after = 1_000_000
    assert fetch(home, entry, silent).read_bytes() == CONTENT
    assert hub.ranges[0] is None
    assert hub.ranges[1] and hub.ranges[1].startswith("bytes=")


def test_a_stalled_connection_is_taken_up_again(
    home: Home, hub: Hub, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    hub.stall_seconds = 2.5
    assert fetch(home, entry, silent).read_bytes() == CONTENT


def test_a_hub_that_ignores_ranges_still_gives_the_file(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    hub.ignores_ranges = True
    hub.cut_after = 1_000_000
    assert fetch(home, entry, silent).read_bytes() == CONTENT


def cancel_midway(home: Home, entry: CatalogueEntry) -> None:
    stop = threading.Event()

    def watch(done: int, total: int) -> None:
        if done > 1_000_000:
            stop.set()

    with pytest.raises(CancelledFetchError):
        fetch(home, entry, watch, stop)


def test_a_cancelled_fetch_goes_on_where_it_ended(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    cancel_midway(home, entry)
    assert not list(home.models.glob("*.gguf"))
    seen: list[int] = []
    path = fetch(home, entry, lambda done, total: seen.append(done))
    assert path.read_bytes() == CONTENT
    assert seen[0] > 1_000_000
    assert hub.ranges == [None, "bytes=1100000-"]
    assert not (home.models / ".partial" / "tiny").exists()


def test_what_was_left_is_not_joined_to_another_file(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    cancel_midway(home, entry)
    hub.content = CONTENT[::-1]
    other = dataclasses.replace(entry, sha256=hashlib.sha256(hub.content).hexdigest())
    assert fetch(home, other, silent).read_bytes() == hub.content


def test_a_hub_that_says_too_much_is_believed_no_further_than_the_checksum(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    hub.says_bytes = 4_000_000
    assert fetch(home, entry, silent).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "fault",
    [
        {"sends": CONTENT[::-1]},
        {"says_bytes": 2_000_000},
        {"status": 404},
        {"status": 500},
    ],
    ids=["other bytes", "too short", "not found", "broken"],
)
def test_a_fault_leaves_no_file_and_the_next_fetch_works(
    home: Home, hub: Hub, entry: CatalogueEntry, fault: dict[str, object]
):
    good = {name: getattr(hub, name) for name in fault}
    for name, value in fault.items():
        setattr(hub, name, value)
    with pytest.raises(FetchError) as caught:
        fetch(home, entry, silent)
    assert caught.value.hint
    assert not list(home.models.glob("*.gguf"))
    for name, value in good.items():
        setattr(hub, name, value)
    assert fetch(home, entry, silent).read_bytes() == CONTENT


def test_any_file_is_fetched_by_its_name_alone(home: Home, hub: Hub):
    path = fetch(home, find("hub:someone/tiny/tiny.gguf"), silent)
    assert path == home.models / "someone-tiny.gguf"
    assert path.read_bytes() == CONTENT
    hub.sends = CONTENT[::-1]
    with pytest.raises(FetchError, match="checksum"):
        fetch(home, find("hub:someone/tiny/other.gguf"), silent)


def test_what_is_here_already_needs_no_room_again(
    home: Home, hub: Hub, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    cancel_midway(home, entry)
    usage = type(shutil.disk_usage("."))
    for free, fits in ((200 << 20, False), ((200 << 20) + 2_600_000, True)):
        monkeypatch.setattr(
            shutil, "disk_usage", lambda path, free=free: usage(free, 0, free)
        )
        if fits:
            assert fetch(home, entry, silent).read_bytes() == CONTENT
        else:
            with pytest.raises(FetchError, match="Free some space"):
                fetch(home, entry, silent)


def test_an_unverified_entry_is_checked_against_the_hubs_hash(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    unverified = dataclasses.replace(
        entry, sha256="0" * 64, is_verified=False, bytes=12
    )
    assert fetch(home, unverified, silent).read_bytes() == CONTENT
    hub.sends = CONTENT[::-1]
    (home.models / "tiny.gguf").unlink()
    with pytest.raises(FetchError, match="checksum"):
        fetch(home, unverified, silent)


@pytest.mark.parametrize("etag", ["d41d8cd98f00b204e9800998ecf8427e", "../" * 22])
def test_a_hub_without_a_known_hash_sends_nothing(
    home: Home, hub: Hub, entry: CatalogueEntry, etag: str
):
    hub.etag = etag
    unverified = dataclasses.replace(entry, is_verified=False)
    with pytest.raises(FetchError, match="no hash"):
        fetch(home, unverified, silent)
    assert hub.ranges == [] and not list(home.models.glob("*.gguf"))


def test_a_small_file_of_a_mouth_is_checked_by_gits_hash(
    home: Home, hub: Hub, entry: CatalogueEntry
):
    """Small files of a hub have no sha256; see git's gitformat-pack on blobs."""
    head = b"blob %d\0" % len(CONTENT)
    hub.etag = hashlib.sha1(head + CONTENT).hexdigest()
    part = dataclasses.replace(
        entry, name="tiny.f1", kind="part", file="voice_styles/F1.json", sha256="",
        is_verified=False,
    )  # fmt: skip
    path = fetch(home, part, silent)
    assert path == home.models / "tiny" / "voice_styles" / "F1.json"
    assert path.read_bytes() == CONTENT
    path.unlink()
    hub.sends = CONTENT[::-1]
    with pytest.raises(FetchError, match="checksum"):
        fetch(home, part, silent)
    assert not path.exists()


async def test_a_file_comes_through_the_owners_proxy(
    home: Home, hub: Hub, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    port = int(hub.url.rpartition(":")[2])
    monkeypatch.setenv("HF_ENDPOINT", f"http://hub.example:{port}")
    there = {"hub.example": ("127.0.0.1", port)}
    async with ProxyStandIn("me:secret", there).running() as proxy:
        way = Proxy(proxy.url, ("me", "secret"))
        path = await asyncio.to_thread(fetch, home, entry, silent, None, way)
        assert path.read_bytes() == CONTENT
        assert {place for _, place in proxy.asked} == {f"hub.example:{port}"}
        assert proxy.refused == 0
    path.unlink()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    assert await asyncio.to_thread(fetch, home, entry, silent) == path


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9"])
def test_an_environments_proxy_that_no_client_can_use_is_named(
    home: Home, hub: Hub, entry: CatalogueEntry, proxy: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setenv("ALL_PROXY", proxy)
    download.connect_hub.cache_clear()
    with pytest.raises(FetchError) as failed:
        fetch(home, entry, silent)
    assert "ALL_PROXY" in failed.value.hint
