"""Tuning as its owner sees it: examples, a price, consent, a job, its model."""

import json
from random import Random

import pytest

from app.cli import tune, usage
from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.service.service import Service, open_service
from app.store import feedback, guilds, members, messages, replies
from app.store.reply.reply_sources import SourceMessage
from app.store.tables import Channel
from tests.asking import ask
from tests.openai_stand_in import StandIn
from tests.tuning_stand_in import TUNED

MODEL = tune.MODEL


@pytest.fixture
async def bot(home: Home, stand_in: StandIn):
    """A service with two members of which one agreed, and one open channel."""
    home.config_file.write_text(
        f'[openai]\nbase_url = "{stand_in.cloud_url}"\n[memory]\nenabled = false\n',
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as service:
        run = service.context.database.run
        row = await run(guilds.ensure, "den")
        records = [
            Record(author, author, f"{author} says {n}", f"{channel}{n}", n, None,
                   channel, channel)
            for channel in ("open", "closed")
            for n in range(40)
            for author in ["ann" if n < 30 else "bob"]
        ]  # fmt: skip
        await service.context.voices.hear(row.id, records)
        found = await run(messages.find, row.id, "open0")
        assert found is not None
        await run(members.set_allows_tuning, row.id, found.author, True)
        await ask(service, control.ConfigSet("learn.tuning_channels", "open", "den"))
        yield service


async def agree(bot: Service) -> None:
    request = control.ConfigSet("reply.provider", "openai", "den", None, True)
    await ask(bot, request)


async def test_the_files_hold_only_what_was_agreed_to(bot: Service, tmp_path):
    target = tmp_path / "tuning"
    done = await ask(bot, control.ExportTuning("den", str(target)))
    assert (done.members, done.channels) == (1, 1)
    assert (done.train, done.validation) == (26, 3)
    everything = "".join(path.read_text("utf-8") for path in target.iterdir())
    assert "ann says 29" in everything
    assert "bob" not in everything and "closed" not in everything
    assert "ann:" not in everything


async def test_examples_replace_a_file_only_when_told_to(bot: Service, tmp_path):
    (tmp_path / "train.jsonl").write_text("mine")
    with pytest.raises(UsageError, match=r"train\.jsonl already exists"):
        await ask(bot, control.ExportTuning("den", str(tmp_path)))
    assert [(one.name, one.read_text("utf-8")) for one in tmp_path.glob("*.jsonl")] == [
        ("train.jsonl", "mine")
    ]
    done = await ask(bot, control.ExportTuning("den", str(tmp_path), overwrite=True))
    assert "mine" not in (tmp_path / "train.jsonl").read_text("utf-8")
    assert len(done.files) == 3


async def test_an_estimate_sends_nothing(bot: Service, stand_in: StandIn, capsys):
    told = await ask(bot, control.TuneEstimate("den", MODEL))
    assert told.tokens > 0
    assert told.cost == pytest.approx(told.tokens * 3 / 1e6)
    assert not stand_in.tunings.log
    unknown = await ask(bot, control.TuneEstimate("den", "my-own-model"))
    assert unknown.cost is None
    tune.show(told)
    assert "1 members who agreed" in capsys.readouterr().out


async def test_nothing_is_sent_before_both_consents(bot: Service, stand_in: StandIn):
    with pytest.raises(UsageError, match="leave this"):
        await ask(bot, control.TuneStart("den", MODEL, agreed=True))
    await agree(bot)
    with pytest.raises(UsageError, match="policy"):
        await ask(bot, control.TuneStart("den", MODEL))
    await ask(bot, control.ConfigSet("reply.local_only", "true", "den"))
    with pytest.raises(UsageError, match="locked"):
        await ask(bot, control.TuneStart("den", MODEL, agreed=True))
    assert not stand_in.tunings.log


async def test_a_job_is_started_followed_and_its_model_chosen(
    bot: Service, stand_in: StandIn, capsys
):
    await agree(bot)
    started = await ask(bot, control.TuneStart("den", MODEL, agreed=True))
    with pytest.raises(UsageError, match="no model yet"):
        await ask(bot, control.TuneUse("den", started.job))
    while True:
        status = await ask(bot, control.TuneStatus("den", started.job))
        if status.state == "succeeded":
            break
    tune.show(status)
    assert TUNED in capsys.readouterr().out
    newest = await ask(bot, control.TuneUse("den"))
    assert newest == control.TuneUseReply(started.job, TUNED)
    found = await ask(bot, control.ConfigGet("openai.model", "den"))
    assert found.settings[0].value == TUNED
    assert b"ann says 1" in stand_in.tunings.files["file-1"]
    print(*stand_in.tunings.log, sep="\n")


async def test_what_was_sent_and_what_it_costs_is_in_the_ledger(
    bot: Service, stand_in: StandIn, capsys
):
    await agree(bot)
    started = await ask(bot, control.TuneStart("den", MODEL, agreed=True))
    await bot.context.ledger.flush()
    bill = await ask(bot, control.UsageReport())
    assert bill.today == pytest.approx(started.cost)
    sent = sum(len(file) for file in stand_in.tunings.files.values())
    assert sum(one.bytes_sent for one in bill.sent) > sent
    assert bill.sent[0].model == MODEL
    usage.show(bill)
    assert MODEL in capsys.readouterr().out


async def test_a_budget_or_too_few_examples_stop_it(bot: Service, stand_in: StandIn):
    await agree(bot)
    await ask(bot, control.ConfigSet("openai.daily_budget", "0.000001", "den"))
    with pytest.raises(UsageError, match="budget"):
        await ask(bot, control.TuneStart("den", MODEL, agreed=True))
    with pytest.raises(UsageError, match="0 examples"):
        request = control.TuneStart("den", MODEL, preferences=True, agreed=True)
        await ask(bot, request)
    assert not stand_in.tunings.log


async def test_rated_replies_to_agreed_lines_are_preference_pairs(
    bot: Service, tmp_path
):
    run, target = bot.context.database.run, tmp_path / "tuning"
    for text, value, external in (
        ("yo", 1, "open3"), ("Certainly!", -1, "open3"),
        ("x", 1, "open35"), ("y", -1, "open35"),
    ):  # fmt: skip
        asked = await run(messages.find, GuildId(1), external)
        reply = await run(replies.claim, GuildId(1), None, "command")
        assert asked is not None and reply is not None
        await run(
            replies.finish, reply, {"text": text, "turns": [["a", "b", asked.id]]}
        )
        await run(feedback.rate, reply, "owner", value)
    asked = await run(messages.find, GuildId(1), "open5")
    reply = await run(replies.claim, GuildId(1), None, "command")
    assert asked is not None and reply is not None
    turns = {"text": "mine", "turns": [["a", "b", asked.id]]}
    await run(replies.finish, reply, turns)
    await run(feedback.rate, reply, "owner", -1, "edited", "its own")
    done = await ask(bot, control.ExportTuning("den", str(target)))
    assert done.preferences == 2
    rows = (target / "preferences.jsonl").read_text("utf-8").splitlines()
    pair, edited = map(json.loads, rows)
    assert edited["preferred_output"][0]["content"] == "mine"
    assert edited["non_preferred_output"][0]["content"] == "its own"
    assert pair["preferred_output"][0]["content"] == "yo"
    assert "person1: ann says 3" in pair["input"]["messages"][-1]["content"]


async def test_a_reply_that_drew_on_others_words_is_no_preference_pair(
    bot: Service, tmp_path
):
    run = bot.context.database.run
    # Bob did not agree, #closed is not open, and #secret is not for everyone.
    await bot.context.voices.hear(
        GuildId(1),
        [Record("ann", "ann", "ann whispers", "secret0", 1, None, "secret", "secret")],
    )
    names = "open,secret"
    await ask(bot, control.ConfigSet("learn.tuning_channels", names, "den"))
    await run(hide, "secret")
    for drawn in ("open33", "closed7", "secret0"):
        asked, source = [
            await run(messages.find, GuildId(1), one) for one in ("open3", drawn)
        ]
        assert asked is not None and source is not None
        for field in ("sources", "recalled"):
            for value in (1, -1):
                reply = await run(replies.claim, GuildId(1), None, "command")
                assert reply is not None
                fields: dict[str, object] = {"text": f"{drawn} {field} {value}"}
                fields |= {"turns": [["a", "b", asked.id]]}
                is_source = field == "sources"
                fields |= {} if is_source else {"recalled": [source.id]}
                sources = [SourceMessage(source.id)] if is_source else []
                assert await run(replies.finish, reply, fields, sources) is not None
                await run(feedback.rate, reply, "owner", value)
    done = await ask(bot, control.ExportTuning("den", str(tmp_path / "tuning")))
    assert (done.preferences, done.channels) == (0, 1)


def hide(channel: str) -> None:
    Channel.update(is_private=True).where(Channel.name == channel).execute()
