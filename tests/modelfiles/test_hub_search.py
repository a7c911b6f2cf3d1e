"""A search on a hub, over real sockets: what is offered, refused and sent."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from huggingface_hub.hf_api import ModelInfo
from huggingface_hub.utils._http import parse_ratelimit_headers

from app.core.errors import UsageError
from app.core.proxy import Proxy
from app.modelfiles import catalogue, download, hub_search
from app.modelfiles.hub_search import HubError, about_bytes, quantisation
from app.settings.model_sections import ModelSettings
from tests.hub_stand_in import CATALOGUE, COMMIT, QWEN, Hub, model, running
from tests.proxy_stand_in import ProxyStandIn

NAME = "unsloth/Qwen3-4B-GGUF"
EVIL = "\x1b]0;owned\x07\u202e[/b]\r\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running(Hub(b"", models=CATALOGUE)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def serve(hub: Hub, *models: dict[str, Any]) -> None:
    hub.models = models


def test_repositories_with_model_files_come_by_their_downloads(hub: Hub):
    found, left_out = hub_search.search("  qwen\n", None)
    assert [(one.name, one.downloads, one.licence) for one in found] == [
        (NAME, 1_204_311, "apache-2.0"),
        ("meta/Llama-Qwen-GGUF", 88_000, "llama3.1"),
        ("someone/tiny-Qwen-GGUF", 31, ""),
    ]
    assert [one.is_gated for one in found] == [False, True, False]
    assert found[0].parameters == 4_022_468_096
    assert left_out == 0 and hub_search.search("nobody", None) == ([], 0)


def test_whole_models_are_offered_by_an_address_that_fetches_them(hub: Hub):
    found = hub_search.files(NAME, None)
    assert [one.file for one in found.files] == [
        "Qwen3-4B-Q2_K.gguf", "Qwen3-4B-Q4_K_M.gguf", "UD/Qwen3-4B-UD-Q6_K_XL.gguf",
        "Qwen3-4B-Q8_0.gguf", "Qwen3-4B-BF16.gguf",
    ]  # fmt: skip
    assert (found.parts, found.projectors, found.others) == (2, 1, 1)
    for one in found.files:
        again = catalogue.find(one.address)
        assert (again.name, again.file) == (one.name, one.file)
        assert again.source == f"hub:{NAME}@{COMMIT}"
        assert (one.bytes, one.licence) == (QWEN[one.file], "apache-2.0")
    assert len({one.name for one in found.files}) == 5


def test_a_repository_without_model_files_offers_none(hub: Hub):
    found = hub_search.files("whole/Qwen3-4B", None)
    assert (found.files, found.parts, found.projectors, found.others) == ([], 0, 0, 0)


@pytest.mark.parametrize(
    "name",
    [
        "a/b/c", "../up", "a/..", "-a/b", "plain", "a/b c", "a/b?x=1", f"a/{EVIL}",
        "ä/b", "a/b@main",
    ],
)  # fmt: skip
def test_a_name_that_is_no_address_is_not_offered_and_never_asked_for(
    hub: Hub, name: str
):
    serve(hub, {**model(name, {"m.gguf": 9}), "id": name})
    assert hub_search.search(name.split("/")[0], None) == ([], 1)
    asked = len(hub.asked)
    with pytest.raises(UsageError, match="repository"):
        hub_search.files(name, None)
    assert len(hub.asked) == asked


@pytest.mark.parametrize(
    "file",
    [
        "../m.gguf",
        "/m.gguf",
        f"{EVIL}.gguf",
        "a b.gguf",
        "m\u202efugg.gguf",
        "a//m.gguf",
    ],
)
def test_a_file_with_a_strange_name_is_counted_and_not_offered(hub: Hub, file: str):
    serve(hub, model("a/b", {file: 9, "good-Q8_0.gguf": 8}))
    found = hub_search.files("a/b", None)
    assert [one.file for one in found.files] == ["good-Q8_0.gguf"]
    assert found.others == 1


def test_a_revision_and_sizes_are_not_taken_on_trust(hub: Hub):
    serve(hub, {**model("a/b", {"m.gguf": 9}), "sha": "../../x"})
    assert hub_search.files("a/b", None).files == []
    serve(hub, model("a/b", {"m.gguf": -9, "n.gguf": 2**70}))
    assert hub_search.files("a/b", None).files == []
    serve(
        hub, {**model("a/b", {"m.gguf": 9}), "tags": [7, None], "gguf": {"total": "x"}}
    )
    found = hub_search.files("a/b", None).repository
    assert (found.licence, found.parameters) == ("", 0)


@pytest.mark.parametrize(
    "words, match", [("", "words"), ("  \n ", "words"), ("x" * 201, "too long")]
)
def test_nothing_is_asked_without_words_or_with_too_many(
    hub: Hub, words: str, match: str
):
    with pytest.raises(UsageError, match=match) as refused:
        hub_search.search(words, None)
    assert refused.value.hint and hub.asked == []


@pytest.mark.parametrize(
    "fault, told, hint",
    [
        ({"status": 429}, "asked too often", "in 55 s"),
        ({"status": 500}, "status 500", "later"),
        ({"says": b"<html>welcome</html>"}, "not as a hub", "HF_ENDPOINT"),
        ({"says": b'{"a": 1}'}, "not as a hub", "HF_ENDPOINT"),
        ({"says": b'[{"name": "x"}]'}, "not as a hub", "HF_ENDPOINT"),
        ({"says": b"[7]"}, "not as a hub", "HF_ENDPOINT"),
    ],
    ids=["429", "500", "a page", "an object", "no ids", "numbers"],
)
def test_a_hub_that_fails_is_told_in_one_line_with_what_to_do(
    hub: Hub, fault: dict[str, Any], told: str, hint: str
):
    for name, value in fault.items():
        setattr(hub, name, value)
    for ask in (hub_search.search, hub_search.files):
        with pytest.raises(HubError, match=told) as failed:
            ask(NAME, None)
        assert hint in failed.value.hint and "\n" not in str(failed.value)
        assert hub_search.host() in failed.value.message


def test_a_model_that_is_private_or_nowhere_is_told_apart_from_a_fault(hub: Hub):
    serve(hub, {**model("a/secret", {}), "private": True})
    for name in ("a/secret", "a/nowhere"):
        with pytest.raises(HubError, match="or it is private"):
            hub_search.files(name, None)


def test_a_model_for_known_accounts_says_so_before_and_when_it_is_fetched(
    hub: Hub, home: Any
):
    (one,) = hub_search.files("meta/Llama-Qwen-GGUF", None).files
    with pytest.raises(download.FetchError, match="accounts") as failed:
        download.fetch(home, one, lambda done, total: None)
    assert "HF_TOKEN" in failed.value.hint


def test_a_silent_hub_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.waits = threading.Event()
    monkeypatch.setattr(download, "SILENT_SECONDS", 0.3)
    with pytest.raises(HubError, match="silent"):
        hub_search.search("qwen", None)
    hub.waits.set()


def test_no_way_to_the_hub_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(HubError, match="cannot be reached") as failed:
        hub_search.search("qwen", None)
    assert "HF_ENDPOINT" in failed.value.hint
    monkeypatch.setenv("HF_ENDPOINT", "nonsense")
    with pytest.raises(HubError, match="cannot be reached"):
        hub_search.search("qwen", None)


def test_only_the_hub_is_asked_and_nothing_but_the_words_goes_there(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    sought: list[Any] = []
    seek = socket.getaddrinfo

    def seen(host: Any, *rest: Any, **named: Any) -> Any:
        sought.append(host)
        return seek(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", seen)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    hub_search.search("qwen 4b", None)
    hub_search.files(NAME, None)
    assert {str(one) for one in sought} <= {"127.0.0.1"}
    assert len(hub.asked) == 2 and "search=qwen+4b" in hub.asked[0]
    for heads in hub.heads:
        assert not [one for one in heads if one.lower() in ("authorization", "cookie")]
        programs = {one.partition("/")[0] for one in heads["user-agent"].split("; ")}
        assert programs == {"unknown", "hf_hub", "python"}
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_owner")
    hub_search.files(NAME, None)
    assert hub.heads[-1]["authorization"] == "Bearer hf_of_the_owner"


async def test_the_search_goes_through_the_owners_proxy(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    port = int(hub.url.rpartition(":")[2])
    monkeypatch.setenv("HF_ENDPOINT", f"http://me:secret@hub.example:{port}/")
    assert hub_search.host() == f"hub.example:{port}"
    there = {"hub.example": ("127.0.0.1", port)}
    async with ProxyStandIn("me:secret", there).running() as proxy:
        way = Proxy(proxy.url, ("me", "secret"))
        found, _ = await asyncio.to_thread(hub_search.search, "qwen", way)
        assert found and {place for _, place in proxy.asked} == {f"hub.example:{port}"}


@pytest.mark.parametrize(
    "file, format_",
    [
        ("Qwen3-4B-Q4_K_M.gguf", "Q4_K_M"),
        ("UD/Qwen3-4B-UD-IQ2_XXS.gguf", "IQ2_XXS"),
        ("q8/llama-2-7b.q8_0.gguf", "Q8_0"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("tiny-bf16.gguf", "BF16"),
        ("bitnet-TQ1_0.gguf", "TQ1_0"),
        ("Qwen3.gguf", ""),
    ],
)
def test_the_format_of_the_weights_is_read_in_the_name(file: str, format_: str):
    assert quantisation(file) == format_


def test_the_memory_is_about_that_of_the_models_in_the_catalogue():
    billions = {"lfm2.5-1.2b": 1.2, "qwen3.5-2b": 2, "smollm3-3b": 3, "qwen3-4b": 4}
    context = ModelSettings().context
    for name, parameters in billions.items():
        entry = catalogue.find(name)
        about = about_bytes(entry.bytes, int(parameters * 1e9), context) / 1e9
        assert about == pytest.approx(entry.ram_gigabytes, rel=0.15), name
        assert about_bytes(entry.bytes, 0, 4 * context) / 1e9 > about


def test_long_names_of_one_model_stay_apart():
    stem = "Some-Very-Long-Name-Of-A-Model-Merged-With-Another-One-Instruct-v2"
    names = {
        catalogue.find(f"hub:someone/{stem}-GGUF/{stem}.{weights}.gguf").name
        for weights in ("Q4_K_M", "Q5_K_M", "Q8_0")
    }
    assert len(names) == 3 and max(map(len, names)) < 64


def test_the_library_reads_what_the_stand_in_gives(hub: Hub):
    answer = httpx.get(f"{hub.url}/api/models/{NAME}?blobs=true").json()
    told = ModelInfo(**answer)
    assert (told.id, told.sha, told.gated) == (NAME, COMMIT, False)
    assert told.gguf and told.gguf["architecture"] == "qwen3"
    assert told.card_data and told.card_data.license == "apache-2.0"
    assert told.siblings is not None
    large = next(one for one in told.siblings if one.rfilename.endswith("Q8_0.gguf"))
    assert large.lfs and large.lfs.size == large.size == QWEN["Qwen3-4B-Q8_0.gguf"]
    # The class keeps what it does not know, under the name that it was given.
    older = {"_id", "modelId", "cardData", "lastModified", "transformersInfo"}
    assert set(vars(told)) <= {*ModelInfo.__annotations__, *older}
    assert told.downloads == answer["downloads"] and told.tags == answer["tags"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/models?search=x&serch=y", "/api/models?expand=everything",
        "/api/models?sort=size", "/api/models?limit=many",
        f"/api/models/{NAME}?files=true",
    ],
)  # fmt: skip
def test_the_stand_in_refuses_what_the_hub_would(hub: Hub, path: str):
    assert httpx.get(hub.url + path).status_code == 400


def test_a_limit_of_requests_is_told_as_the_hub_does(hub: Hub):
    hub.status = 429
    refused = httpx.get(f"{hub.url}/api/models?search=x")
    assert refused.status_code == 429
    told = parse_ratelimit_headers(refused.headers)
    assert told and (told.remaining, told.reset_in_seconds) == (0, 55)
