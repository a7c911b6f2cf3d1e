"""Server, Learn, Models, Usage, Settings, Logs and the first steps, key by key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.widgets import Input, OptionList

from app.core.errors import AppError, UsageError
from app.core.names import wire_name
from app.core.paths import CHAT_SAMPLE, SAMPLE_GUILD, sample_file
from app.ipc import control
from app.settings.consent import ConsentError, what_leaves
from app.tui.screens.learn.learn_screen import dropped_path
from app.tui.screens.wizard.wizard_screen import WizardScreen, steps
from app.tui.widgets.dial import Dial
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import MODELS, STATUS, FakeBot, busy_bot, filled
from tests.tui.sample_home import NOW
from tests.tui.terminal import Open, answer, home_at, settle, text_of, told


def list_of(pilot: Any, id: str) -> Feed:
    feed: Feed = pilot.app.screen.query_one(id, Feed)
    return feed


def put_cursor(feed: Feed, name: str, value: object) -> None:
    """Move to the item whose `name` is `value`."""

    def of(item: Any) -> object:
        return item[name] if isinstance(item, dict) else getattr(item, name)

    feed.cursor = next(i for i, item in enumerate(feed.items) if of(item) == value)


# Server.


async def test_a_blind_choice_is_stored_and_only_then_told(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * 7)
        await settle(pilot)
        assert "Won, of 26" in text_of(pilot)
        await pilot.press("f")
        assert not bot.requests(control.BlindChoose)
        await pilot.press("n")
        await settle(pilot)
        shown = text_of(pilot)
        assert "this is Illyria, lady" in shown and "The first was" not in shown
        await pilot.press("s")
        await settle(pilot)
        assert "The first was hybrid at voice 60" in text_of(pilot)
        assert bot.requests(control.BlindChoose) == [control.BlindChoose(4, 2)]


async def test_the_owner_says_which_two_ways_are_compared(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * 7, "a")
        await settle(pilot)
        await answer(pilot, "markov, hybrid 80")
        await pilot.press("n")
        await settle(pilot)
        (asked,) = bot.requests(control.Blind)
        assert (asked.first, asked.second) == ("markov", "hybrid 80")


async def test_the_meter_is_measured_anew_when_asked(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * 6)
        await settle(pilot)
        shown = text_of(pilot)
        assert "turn reply.dial up" in shown and "▼ worse" in shown
        await pilot.press("m")
        await settle(pilot)
        assert [one.anew for one in bot.requests(control.Meter)] == [False, True]


async def test_turning_the_dial_saves_it_and_brings_three_new_samples(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        before = len(bot.requests(control.Say))
        assert before == 3
        pilot.app.screen.query_one(Dial).focus()
        await pilot.press("right", "right")
        await pilot.pause(0.6)
        await settle(pilot)
        assert [r.voice for r in bot.requests(control.Say)[before:]] == [70, 70, 70]
        saved = {r.key: r.value for r in bot.requests(control.ConfigSet)}
        assert saved == {"reply.dial": "70"}  # The mode still follows the home's.


async def test_a_dial_turned_just_before_another_server_is_the_first_ones(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        first, second = (guild.key for guild in pilot.app.guilds[:2])  # type: ignore[attr-defined]
        pilot.app.screen.query_one(Dial).focus()
        await pilot.press("right", "ctrl+g", "down", "enter")
        await pilot.pause(0.6)
        await settle(pilot)
        assert {r.guild for r in bot.requests(control.ConfigSet)} == {first}
        assert second != first


async def test_choosing_a_mode_leaves_the_dial_to_the_home(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        pilot.app.screen.query_one("#mode").focus()
        await pilot.press("right")
        await pilot.pause(0.6)
        await settle(pilot)
        assert [r.key for r in bot.requests(control.ConfigSet)] == ["reply.mode"]


async def test_the_persona_is_written_in_plain_words(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        assert "a tired stage hand" in text_of(pilot)
        await pilot.press("p")
        await answer(pilot, "a proud butler")
        (request,) = bot.requests(control.ConfigSet)
        assert (request.key, request.value) == ("reply.persona", "a proud butler")
        assert request.guild == "9001"


async def test_settings_show_their_origin_and_change_by_the_fitting_control(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press("right_square_bracket")
        await settle(pilot)
        feed = list_of(pilot, "#settings-list")
        put_cursor(feed, "origin", "guild")
        assert "this server" in text_of(pilot) and "built in" in text_of(pilot)
        keys = {item.key.name: at for at, item in enumerate(feed.items)}
        feed.cursor = keys["speak.mentions"]  # On or off: enter turns it.
        await pilot.press("enter")
        await settle(pilot)
        feed.cursor = keys["reply.mode"]  # A few values: enter lets one pick.
        await pilot.press("enter", "end", "enter")
        await settle(pilot)
        feed.cursor = keys["speak.join_in"]  # A number: enter lets one type.
        await pilot.press("enter")
        await answer(pilot, "0.1")
        await pilot.press("u")
        await settle(pilot)
        made = [(r.key, r.value) for r in bot.requests(control.ConfigSet)]
        assert made == [
            ("speak.mentions", "off"),
            ("reply.mode", "hybrid"),
            ("speak.join_in", "0.1"),
            ("speak.join_in", None),
        ]


async def test_a_refused_value_stays_there_with_the_reason_beside_it(open_app: Open):
    bot = busy_bot()
    async with open_app("settings", bot) as pilot:
        feed = list_of(pilot, "#list")
        feed.cursor = [i.key.name for i in feed.items].index("reply.dial")
        await pilot.press("enter")
        await answer(pilot, "900")
        assert not bot.requests(control.ConfigSet)
        assert "takes a number" in text_of(pilot)
        field = pilot.app.screen.query_one("AskText Input", Input)
        assert field.value == "900"


async def test_a_number_is_offered_for_change_with_all_its_digits(open_app: Open):
    row = {"key": "openai.daily_budget", "value": 12345.67, "origin": "file"}
    bot = busy_bot(config_get={"settings": [row]})
    async with open_app("settings", bot) as pilot:
        assert "12345.67" in text_of(pilot)
        await pilot.press("enter")
        await settle(pilot)
        field = pilot.app.screen.query_one("AskText Input", Input)
        assert field.value == "12345.67"


async def test_the_cloud_asks_for_consent_in_the_words_of_the_bot(open_app: Open):
    question = what_leaves("api.openai.com", "replies", is_everywhere=True)

    def put(request: control.ConfigSet) -> object:
        return {} if request.agreed else UsageError(question, ConsentError("").hint)

    bot = busy_bot(status={**STATUS, "has_openai_key": True}, config_set=put)
    async with open_app("models", bot) as pilot:
        await pilot.press("l")
        await settle(pilot)
        assert "Let messages leave this computer?" in text_of(pilot)
        assert "api.openai.com" in text_of(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert not [one for one in bot.requests(control.ConfigSet) if one.agreed]
        await pilot.press("l")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        *_, request = bot.requests(control.ConfigSet)
        assert (request.key, request.value) == ("reply.provider", "openai")
        assert request.agreed


async def test_channels_are_switched_one_by_one(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        for _ in range(2):
            await pilot.press("right_square_bracket")
            await settle(pilot)
        feed = list_of(pilot, "#channel-list")
        put_cursor(feed, "name", "stage")
        await pilot.press("space")
        await settle(pilot)
        (request,) = bot.requests(control.ConfigSet)
        assert (request.key, request.value) == ("speak.channels", "off-topic, tavern")
        await pilot.press("l", "t")
        await settle(pilot)
        assert bot.requests(control.Listen)[0].channel == "1-stage"
        assert bot.requests(control.Train) == [control.Train("9001", ["1-stage"])]


def allowing(*channels: str) -> FakeBot:
    """A bot that may speak in those channels of its first server alone."""
    row = {"key": "speak.channels", "value": list(channels), "origin": "guild"}
    return busy_bot(config_get={"settings": [row]})


@pytest.mark.parametrize(
    ("channels", "allowed", "silent"),
    [((), 3, 0), (("none",), 0, 3), (("stage",), 1, 2)],
)
async def test_no_channel_looks_unlike_all_channels(
    open_app: Open, channels: tuple[str, ...], allowed: int, silent: int
):
    async with open_app("guild", allowing(*channels)) as pilot:
        await pilot.press(*["right_square_bracket"] * 2)
        await settle(pilot)
        shown = text_of(pilot)
        assert shown.count("may speak") == allowed
        assert shown.count("keeps quiet") == silent


@pytest.mark.parametrize(
    ("channels", "pressed", "written"),
    [
        ((), "stage", "off-topic, tavern"),
        (("stage",), "stage", "none"),
        (("none",), "stage", "stage"),
        (("off-topic", "tavern"), "stage", None),
    ],
)
async def test_silencing_the_last_channel_does_not_open_all_of_them(
    open_app: Open, channels: tuple[str, ...], pressed: str, written: str | None
):
    bot = allowing(*channels)
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * 2)
        await settle(pilot)
        put_cursor(list_of(pilot, "#channel-list"), "name", pressed)
        await pilot.press("space")
        await settle(pilot)
        (request,) = bot.requests(control.ConfigSet)
        assert request.key == "speak.channels"
        parts = sorted((request.value or "").split(", "))
        assert parts == sorted((written or "").split(", "))


async def test_what_was_learned_can_be_vetoed(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        for _ in range(3):
            await pilot.press("right_square_bracket")
            await settle(pilot)
        await pilot.press("x", "y")
        await settle(pilot)
        (request,) = bot.requests(control.Forget)
        assert len(request.messages) == 1


async def test_words_and_phrases_are_listed(open_app: Open):
    async with open_app("guild") as pilot:
        for _ in range(4):
            await pilot.press("right_square_bracket")
            await settle(pilot)
        assert "forsooth" in text_of(pilot) and "by my troth" in text_of(pilot)


async def test_snapshots_roll_back_and_everything_is_forgotten_after_a_question(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        for _ in range(5):
            await pilot.press("right_square_bracket")
            await settle(pilot)
        await pilot.press("r", "n", "r", "y")
        await settle(pilot)
        assert "Rolling back" in told(pilot)
        (restored,) = bot.requests(control.SnapshotRestore)
        assert restored.name == "before the raid"
        await pilot.press("n")
        await answer(pilot, "today")
        assert bot.requests(control.SnapshotTake)[0].name == "today"
        await pilot.press("c")
        await settle(pilot)
        assert "zounds (12)" in text_of(pilot) and "50 → 70" in text_of(pilot)
        await pilot.press("escape", "X")
        await answer(pilot, "the players")
        assert "nothing was forgotten" in text_of(pilot)
        assert not bot.requests(control.Forget)
        await answer(pilot, "The Players")
        assert "Forgetting The Players…" in told(pilot)
        assert bot.requests(control.Forget)[0].everything
        assert "None of the 7 texts was found." in text_of(pilot)


# Learn.


def test_a_dropped_file_is_known_by_its_pasted_path(tmp_path: Path):
    file = tmp_path / "an export.json"
    file.touch()
    assert dropped_path(f"'{file}'\n") == file
    assert dropped_path(str(file).replace(" ", "\\ ")) == file
    assert dropped_path(f"file://{file}") == file
    assert dropped_path("hello there") is None
    assert dropped_path("/no/such/file") is None
    assert dropped_path("") is None


async def test_a_file_dropped_on_the_window_is_imported(open_app: Open, tmp_path: Path):
    file = tmp_path / "export.json"
    file.touch()
    problem = {"file": "export.json", "text": "line 3: not JSON"}
    counts = {"read": 1200, "added": 1000, "seconds": 2, "errors": [problem]}
    bot = busy_bot(**{"import": counts})
    async with open_app("learn", bot) as pilot:
        pilot.app.screen.post_message(Paste(str(file)))
        await settle(pilot)
        await pilot.press("home", "enter")
        await settle(pilot)
        assert bot.requests(control.Import) == [control.Import("9001", [str(file)])]
        await pilot.press("v")
        await settle(pilot)
        assert "1,200  messages read" in text_of(pilot)
        assert "✕ export.json: line 3: not JSON" in text_of(pilot)


async def test_a_chosen_file_is_named_in_full_whatever_bytes_its_name_has(
    open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    odd = tmp_path / "caf\udce9.json"
    monkeypatch.chdir(tmp_path)
    bot = busy_bot()
    async with open_app("learn", bot) as pilot:
        await pilot.press("b")
        pilot.app.screen.dismiss(str(odd))
        await settle(pilot)
        await pilot.press("escape", "i")
        await answer(pilot, "export.json")
        await settle(pilot)
        looked = [one.paths for one in bot.requests(control.ImportPreview)]
    assert looked == [[wire_name(odd)], [str(tmp_path / "export.json")]]


async def test_a_file_to_write_or_use_is_found_from_the_bot_s_directory(
    open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    bot = busy_bot()
    async with open_app("settings", bot) as pilot:
        await pilot.press("w")
        await answer(pilot, "copy.zip")
    async with open_app("models", bot) as pilot:
        await pilot.press("o")
        await answer(pilot, "own.gguf")
    copy, own = str(tmp_path / "copy.zip"), str(tmp_path / "own.gguf")
    assert bot.requests(control.Backup) == [control.Backup(copy)]
    assert bot.requests(control.ModelUse) == [control.ModelUse(own)]


async def test_the_first_dialog_shows_what_would_be_learned(
    open_app: Open, tmp_path: Path
):
    server: dict[str, object] = {"id": "500", "name": "Rook Club", "files": 3}
    server |= {"messages": 12400, "first": 1.55e9, "last": 1.71e9}
    server["channels"] = [{"text": "general", "count": 12400}]
    other = {"name": "Other Place", "files": 2, "messages": 7}
    passed = {"reason": "attachments and pictures", "count": 40, "example": "a.png"}
    fault = {"file": "bad.json", "text": "line 3: not JSON"}
    found = {"servers": [server, other], "passed_over": [passed], "errors": [fault]}
    bot = busy_bot(import_preview=found)
    async with open_app("learn", bot) as pilot:
        await pilot.press("i")
        await answer(pilot, str(tmp_path))
        await settle(pilot)
        told = text_of(pilot)
        assert "1 channel of Rook Club, 12,400 messages, 2019-2024" in told
        assert "Other Place, 7 messages" in told
        assert "40 files passed over: attachments and pictures" in told
        assert "✕ bad.json: line 3: not JSON" in told
        assert bot.requests(control.Import) == []
        await pilot.press("enter")
        await settle(pilot)
        (request,) = bot.requests(control.Import)
        assert request.guild == "Rook Club"


async def test_a_file_of_nothing_is_said_to_be_one(open_app: Open, tmp_path: Path):
    bot = busy_bot(import_preview={"servers": [{"files": 0}]})
    async with open_app("learn", bot) as pilot:
        await pilot.press("i")
        await answer(pilot, str(tmp_path))
        await settle(pilot)
        assert "There is nothing to learn" in text_of(pilot)
        await pilot.press("escape", "enter")
        assert bot.requests(control.Import) == []


SOME_FILE = str(Path("/some/file.txt").absolute())


async def test_an_import_can_make_a_new_server(open_app: Open):
    bot = busy_bot()
    async with open_app("learn", bot) as pilot:
        await pilot.press("i")
        await answer(pilot, SOME_FILE)
        await pilot.press("end", "enter")
        await answer(pilot, "New Place")
        (request,) = bot.requests(control.Import)
        assert request == control.Import("New Place", [SOME_FILE])


async def test_work_shows_rate_and_time_left_and_can_be_paused_and_stopped(
    open_app: Open,
):
    bot = busy_bot()
    work = control.Progress("train", "#tavern", 250, 1000, "messages", 50.0, job=7)
    async with open_app("learn", bot) as pilot:
        bot.say(work)
        await pilot.pause(0.1)
        assert "25%" in text_of(pilot) and "15 s left" in text_of(pilot)
        await pilot.press("p")
        await settle(pilot)
        assert "paused" in text_of(pilot)
        await pilot.press("p", "x")
        await settle(pilot)
        bot.say(control.Progress("import", "a.json", 1, 9, "bytes", 1.0, job=8))
        await pilot.pause(0.1)
        assert "Stop “#tavern”?" in text_of(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert {request.job for request in bot.requests(control.JobControl)} == {7}
        actions = [request.action for request in bot.requests(control.JobControl)]
        assert actions == ["pause", "resume", "stop"]
        bot.say(replace(work, finished=True, error="the disk is full"))
        await pilot.pause(0.1)
        await pilot.press("enter")
        assert "the disk is full" in text_of(pilot)


# Models.


async def test_models_are_fetched_used_measured_and_removed(open_app: Open):
    bot = busy_bot(model_test=control.ModelTestReply(99, 33))
    async with open_app("models", bot) as pilot:
        feed = list_of(pilot, "#catalogue")
        put_cursor(feed, "name", "qwen3.5-4b")
        await pilot.press("f")
        await settle(pilot)
        put_cursor(feed, "name", "lfm2.5-1.2b")
        await pilot.press("u", "m")
        await settle(pilot)
        assert "reads 99 and writes 33" in told(pilot)
        await pilot.press("x", "y")
        await settle(pilot)
        assert bot.requests(control.ModelPull) == [control.ModelPull("qwen3.5-4b")]
        assert bot.requests(control.ModelUse) == [control.ModelUse("lfm2.5-1.2b")]
        assert bot.requests(control.ModelRemove)[0].name == "lfm2.5-1.2b"


async def test_a_model_that_is_loading_can_be_stopped(open_app: Open):
    loading = {"name": "starter", "state": "loading"}
    bot = busy_bot(status={**STATUS, "model": loading})
    async with open_app("models", bot) as pilot:
        put_cursor(list_of(pilot, "#catalogue"), "name", "starter")
        await settle(pilot)
        assert "Loading: L stops that" in text_of(pilot)
        await pilot.press("L")
        await settle(pilot)
        assert bot.requests(control.ModelLoad) == [control.ModelLoad(False)]


async def test_a_file_that_is_no_model_stays_in_the_question(open_app: Open):
    bot = busy_bot(model_use=AppError("tiny.txt is no GGUF file.", "Choose another."))
    async with open_app("models", bot) as pilot:
        await pilot.press("o", *"tiny.txt", "enter")
        await settle(pilot)
        page = text_of(pilot)
        assert "tiny.txt is no GGUF file." in page and "Which GGUF file?" in page
        await pilot.press("end", *("backspace",) * 3, *"gguf", "enter")
        await settle(pilot)
        asked = [Path(one.name).name for one in bot.requests(control.ModelUse)]
        assert asked == ["tiny.txt", "tiny.gguf"]


async def test_a_model_set_aside_says_why_and_is_tried_again(open_app: Open):
    reason = "it ended its process 2 times and is set aside since 2026-01-01 10:00"
    listed = [*MODELS.models]
    listed[1] = replace(listed[1], set_aside=reason)
    bot = busy_bot(models=replace(MODELS, models=listed))
    async with open_app("models", bot) as pilot:
        put_cursor(list_of(pilot, "#catalogue"), "name", "lfm2.5-1.2b")
        await settle(pilot)
        assert "✕ lfm2.5-1.2b" in text_of(pilot)
        assert f"Press u to try again. I{reason[1:]}" in text_of(pilot)
        await pilot.press("u")
        await settle(pilot)
        assert bot.requests(control.ModelUse) == [control.ModelUse("lfm2.5-1.2b")]


async def test_a_model_too_large_for_the_machine_is_asked_about(open_app: Open):
    bot = busy_bot()
    async with open_app("models", bot) as pilot:
        put_cursor(list_of(pilot, "#catalogue"), "name", "large-12b")
        assert "too large" in text_of(pilot)
        await pilot.press("f", "n")
        assert not bot.requests(control.ModelPull)


async def test_a_download_shows_its_progress_and_its_failure(open_app: Open):
    bot = busy_bot(model_pull=AppError("The disk is full.", "Free 2 GB."))
    async with open_app("models", bot) as pilot:
        bot.say(control.Progress("pull", "qwen3.5-4b", 50, 100, "bytes", 2e6))
        await pilot.pause(0.1)
        assert "50% 2.0 MB/s" in text_of(pilot)
        read = control.Progress("pull", "qwen3.5-4b", 100, 100, "bytes", 2e6)
        bot.say(read)
        await settle(pilot)
        assert "100% finishing" in text_of(pilot), "its checksum is not known yet"
        bot.say(replace(read, finished=True))
        await settle(pilot)
        assert "100%" not in text_of(pilot), "a finished one leaves its columns"
        put_cursor(list_of(pilot, "#catalogue"), "name", "qwen3.5-4b")
        await pilot.press("f")
        await settle(pilot)
        assert "The disk is full." in told(pilot)


async def test_an_api_key_is_masked_kept_and_tried(open_app: Open):
    bot = busy_bot(secret_test={"ok": True, "detail": "12 models are offered."})
    async with open_app("models", bot) as pilot:
        await pilot.press("k", *"sk-secret")
        assert "sk-secret" not in text_of(pilot)
        await pilot.press("enter")
        await settle(pilot)
        kept = control.SecretSet("openai_key", "sk-secret")
        assert bot.requests(control.SecretSet) == [kept]
        assert bot.requests(control.SecretTest) == [control.SecretTest("openai_key")]
        assert "✓ The host answers" in text_of(pilot)


async def test_the_login_of_a_proxy_is_masked_kept_and_tried(open_app: Open):
    hint = "Enter it with `mynah config set model_proxy_login`."
    bot = busy_bot(secret_test={"ok": False, "detail": "It says 407.", "hint": hint})
    async with open_app("settings", bot) as pilot:
        await pilot.press("p", "down", "enter")
        assert "NAME:PASSWORD" in text_of(pilot)
        await pilot.press(*"ann:word")
        assert "ann:word" not in text_of(pilot)
        await pilot.press("enter")
        await settle(pilot)
        kept = control.SecretSet("model_proxy_login", "ann:word")
        assert bot.requests(control.SecretSet) == [kept]
        assert bot.requests(control.SecretTest) == [control.SecretTest(kept.name)]
        assert "Enter it with p on Settings (8)." in text_of(pilot)


# Usage, Settings, Logs.


async def test_the_ledger_sums_up_by_day_server_model_and_host(open_app: Open):
    async with open_app("usage") as pilot:
        assert "2023-11-14" in text_of(pilot)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "The Players" in text_of(pilot)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "openai gpt-4o-mini" in text_of(pilot)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "api.openai.com" in text_of(pilot)


async def test_a_local_lock_is_turned(open_app: Open):
    bot = busy_bot()
    async with open_app("usage", bot) as pilot:
        await pilot.press("space")  # Shows the locks first.
        await settle(pilot)
        assert "● locked to this computer" in text_of(pilot)
        await pilot.press("space")
        await settle(pilot)
        (request,) = bot.requests(control.ConfigSet)
        assert (request.key, request.value) == ("reply.local_only", "off")


async def test_the_check_up_says_what_to_do(open_app: Open):
    hint = "Make room, or `mynah demo`."
    checks = [{"name": "disk", "ok": False, "detail": "1 MB free", "hint": hint}]
    async with open_app("settings", busy_bot(doctor={"checks": checks})) as pilot:
        await pilot.press("c")
        await settle(pilot)
        assert "✕ disk" in text_of(pilot)
        assert "Make room, or w on Home (1)." in text_of(pilot)


async def test_logs_are_filtered_by_level_and_words(open_app: Open):
    bot = busy_bot()
    async with open_app("logs", bot) as pilot:
        for level, text in (("debug", "tick"), ("info", "hello"), ("error", "broken")):
            bot.say(control.Log(level, "runner", text, NOW))
        await pilot.pause(0.1)
        page = text_of(pilot)
        assert "hello" in page and "tick" not in page
        await pilot.press("l", "l")
        assert [x.text for x in list_of(pilot, "#lines").items] == ["broken"]
        await pilot.press("l", "l", "slash", *"hell", "enter")
        assert [x.text for x in list_of(pilot, "#lines").items] == ["hello"]


async def test_shown_log_lines_are_written_to_a_file(open_app: Open, tmp_path: Path):
    bot = busy_bot()
    async with open_app("logs", bot) as pilot:
        bot.say(control.Log("info", "runner", "one\nforged", NOW))
        await pilot.pause(0.1)
        await pilot.press("w")
        await answer(pilot, str(tmp_path / "out.txt"))
        assert (tmp_path / "out.txt").read_text("utf-8") == "info runner one ⏎ forged\n"


async def test_log_lines_replace_a_file_only_after_a_question(
    open_app: Open, tmp_path: Path
):
    bot = busy_bot()
    target = tmp_path / "out.txt"
    target.write_text("mine", encoding="utf-8")
    async with open_app("logs", bot) as pilot:
        bot.say(control.Log("info", "runner", "one", NOW))
        await pilot.pause(0.1)
        for key, text in (("n", "mine"), ("y", "info runner one\n")):
            await pilot.press("w")
            await answer(pilot, str(target))
            assert "Replace" in text_of(pilot)
            await pilot.press(key)
            await settle(pilot)
            assert target.read_text(encoding="utf-8") == text


# First steps.


async def test_an_empty_home_opens_the_first_steps(open_app: Open, tmp_path: Path):
    empty = home_at(tmp_path / "home")
    bot = FakeBot(guilds={"guilds": []})
    async with open_app(bot=bot, home=empty, size=(80, 24)) as pilot:
        assert isinstance(pilot.app.screen, WizardScreen)
        assert "Talk to a sample server" in text_of(pilot)
        await pilot.press("enter")
        assert "The Leaky Kettle: ten friends who chat" in text_of(pilot)
        await pilot.press("enter")
        await settle(pilot)
        expected = control.Import(CHAT_SAMPLE, [str(sample_file(CHAT_SAMPLE))])
        assert bot.requests(control.Import) == [expected]
        assert pilot.app.current_mode == "playground"


async def test_the_playground_turns_to_the_chosen_sample(open_app: Open):
    known = [{"row": 1, "guild": CHAT_SAMPLE}, {"row": 2, "guild": SAMPLE_GUILD}]
    async with open_app("playground", FakeBot(guilds={"guilds": known})) as pilot:
        assert CHAT_SAMPLE in text_of(pilot)
        await pilot.press("f1", "w", "enter", "down", "enter")
        await settle(pilot)
        assert pilot.app.current_mode == "playground"
        assert SAMPLE_GUILD in text_of(pilot) and CHAT_SAMPLE not in text_of(pilot)


async def test_the_wizard_is_left_and_found_again(open_app: Open, tmp_path: Path):
    bot = FakeBot(guilds={"guilds": []})
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, WizardScreen)
        await pilot.press("w")
        assert isinstance(pilot.app.screen, WizardScreen)


async def test_the_starter_model_comes_with_a_progress_bar(
    open_app: Open, tmp_path: Path
):
    bot = FakeBot(guilds={"guilds": []})
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        bot.say(control.Progress("pull", "starter", 49, 98, "bytes", 1e6))
        await pilot.pause(0.5)
        assert "starter" in text_of(pilot) and "50% 1.0 MB/s" in text_of(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert bot.requests(control.ModelPull) == [control.ModelPull("starter")]
        assert bot.requests(control.ModelUse) == [control.ModelUse("starter")]


async def test_a_bot_token_is_masked_kept_tried_and_connected(
    open_app: Open, tmp_path: Path
):
    bot = FakeBot(guilds={"guilds": []}, secret_test={"ok": True, "detail": "Mynah#1"})
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        await pilot.press("down", "down", "enter")
        assert "Message Content Intent" in text_of(pilot)
        await pilot.press(*"tok.en")
        assert "tok.en" not in text_of(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert bot.requests(control.SecretSet)[0].value == "tok.en"
        assert bot.requests(control.Reconnect)


@pytest.mark.parametrize(
    ("status", "guilds", "done"),
    [
        ({}, [], set()),
        ({"has_bot_token": True}, [{"messages": 5}], {"sample", "token"}),
        ({"model": {"state": "ready"}}, [], {"model"}),
        (
            {"discord": {"state": "online"}},
            [{"id": "1", "messages": 9}],
            {"sample", "invite", "channels"},
        ),
    ],
)
def test_steps_tick_themselves_off(status: Any, guilds: Any, done: set[str]):
    known = [filled(control.GuildFigures, guild) for guild in guilds]
    found = steps(filled(control.StatusReply, status), known)
    assert {step.name for step in found if step.is_done} == done


async def test_options_of_the_wizard_are_reached_by_mouse(
    open_app: Open, tmp_path: Path
):
    bot = FakeBot(guilds={"guilds": []})
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        await pilot.click(OptionList, offset=(4, 1))
        await pilot.pause()
        await pilot.click(OptionList, offset=(4, 1))
        await settle(pilot)
        assert bot.requests(control.Import)


async def test_a_backup_asks_before_it_replaces_a_file(open_app: Open, tmp_path: Path):
    bot = busy_bot()
    target = tmp_path / "copy.zip"
    async with open_app("settings", bot) as pilot:
        await pilot.press("w")
        await answer(pilot, str(target))
        assert bot.requests(control.Backup) == [control.Backup(str(target))]
        target.write_text("mine", encoding="utf-8")
        await pilot.press("w")
        await answer(pilot, str(target))
        assert "Replace" in text_of(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert len(bot.requests(control.Backup)) == 1
        await pilot.press("w")
        await answer(pilot, str(target))
        await pilot.press("y")
        await settle(pilot)
        assert bot.requests(control.Backup)[1:] == [control.Backup(str(target), True)]


async def test_the_best_model_for_this_computer_is_named_and_fetched(open_app: Open):
    bot = busy_bot(models=replace(MODELS, best="qwen3.5-4b"))
    async with open_app("models", bot) as pilot:
        put_cursor(list_of(pilot, "#catalogue"), "name", "qwen3.5-4b")
        await settle(pilot)
        assert "The best for this computer: f fetches it" in text_of(pilot)
        assert "4 GB, fits, best" in text_of(pilot)


async def test_the_first_steps_offer_the_best_model_once_this_computer_was_measured(
    open_app: Open, tmp_path: Path
):
    bot = FakeBot(
        guilds={"guilds": []},
        status={"model": {"name": "starter", "state": "ready"}},
        models=replace(MODELS, best="qwen3.5-4b"),
    )
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        await pilot.pause(0.5)
        assert "starter answers in about 1.4 s here" in text_of(pilot)
        assert "the best for this computer: answers in about 20 s" in text_of(pilot)
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert bot.requests(control.Models) == [control.Models()]
        assert bot.requests(control.ModelPull) == [control.ModelPull("qwen3.5-4b")]
        assert bot.requests(control.ModelUse) == [control.ModelUse("qwen3.5-4b")]
