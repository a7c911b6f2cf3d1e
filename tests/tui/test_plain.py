"""What the screens show, computed without a terminal: figures, charts, health, news."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import __version__
from app.core.names import GuildId
from app.ipc import control
from app.store.overview import Bucket
from app.store.rows import StoredReply
from app.tui import format, reply_bars
from app.tui.bot_ports import LinkState
from app.tui.event_buffer import MAX_LOGS, NewEvents, is_done
from app.tui.health import (
    Health,
    health,
    model_trouble,
    standing_troubles,
    version_trouble,
)
from app.tui.panes import channels
from app.tui.remedies import in_keys
from app.tui.screens.conversations import channel_list
from app.tui.screens.conversations.channel_lines import TalkLine, merge
from app.tui.screens.conversations.channel_list import ListedPlace
from app.tui.screens.guild.guild_screen import head_line
from app.tui.screens.home import home_charts, home_lines
from app.tui.screens.learn import job_lines
from app.tui.screens.learn.import_texts import result
from app.tui.screens.logs.log_buffer import Logbook
from app.tui.screens.models import model_lines
from app.tui.screens.usage import usage_screen
from app.tui.widgets import status_bar
from app.tui.widgets.charts import columns, course, squeeze
from tests.tui.fake_bot import STATUS, filled


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (format.count(950), "950"),
        (format.count(12_400), "12.4 k"),
        (format.count(3_100_000), "3.1 M"),
        (format.many(1, "reply"), "1 reply"),
        (format.many(2, "reply"), "2 replies"),
        (format.many(0, "message"), "0 messages"),
        (format.size(98_362_432), "98.4 MB"),
        (format.size(12), "12 B"),
        (format.seconds(0.84), "0.84 s"),
        (format.seconds(75), "75 s"),
        (format.rest(1.55), "2 s"),
        (format.rest(75), "75 s"),
        (format.seconds(7500), "2 h 5 min"),
        (format.seconds(7200), "2 h"),
        (format.money(0), "$0"),
        (format.money(0.0042), "$0.0042"),
        (format.money(1.2), "$1.20"),
        (format.bar(0.5, 4), "━━──"),
        (format.bar(7, 4), "━━━━"),
        (format.model_name("/home/me/models/a.gguf"), "a.gguf"),
        (format.model_name(""), "no model"),
        (home_charts.reply_time(840), "840 ms"),
    ],
)
def test_figures_are_written_as_people_read_them(shown: str, expected: str):
    assert shown == expected


@given(st.integers(0, 10**7))
def test_maturity_grows_with_the_messages_and_stays_within_bounds(messages: int):
    now, more = format.maturity(messages), format.maturity(messages + 1)
    assert 0 <= now <= more <= 1
    assert format.maturity_words(messages)


@given(st.lists(st.floats(0, 1e9), max_size=60), st.integers(1, 80), st.integers(1, 9))
def test_columns_fill_their_place_and_hide_nothing(values, width, height):
    squeezed = squeeze(values, width)
    assert len(squeezed) in (0, width)
    rows = columns(squeezed, height)
    assert len(rows) == height
    assert {len(row) for row in rows} <= {len(squeezed)}
    for at, value in enumerate(squeezed):
        if value > 0:
            assert rows[-1][at] != " "


def test_the_highest_value_reaches_the_top():
    assert columns([1, 2], 2) == [" █", "██"]
    assert columns([0, 0], 2) == ["  ", "▁▁"]


def test_buckets_are_spread_over_the_steps():
    buckets = [Bucket(100, "local", 3, 9.0, 0.1), Bucket(120, "markov", 2, 1.0, 0.0)]
    assert home_charts.spread(buckets, 100, 10, 4, "replies") == [3.0, 0, 2.0, 0]
    assert home_charts.spread(buckets, 110, 10, 1, "replies") == [0]


@pytest.mark.parametrize(
    ("link", "status", "word", "said"),
    [
        (LinkState("starting"), None, "starting", ""),
        (LinkState("failed", "exit code 70"), None, "crashed", "exit code 70"),
        (LinkState("waiting", "killed", 4), None, "restarting", "killed; again in 4 s"),
        (LinkState("running"), None, "starting", ""),
        (LinkState("running"), {"queue": 0}, "not on Discord", "no bot token yet"),
        (
            LinkState("attached"),
            {"discord": {"state": "refused", "reason": "4004"}},
            "refused by Discord",
            "4004",
        ),
        (LinkState("running"), {"discord": {"state": "online"}}, "online", ""),
        (LinkState("running"), {"discord": {"state": "dancing"}}, "dancing", ""),
    ],
)
def test_health_is_a_word_with_its_reason(link, status, word, said):
    how = health(link, filled(control.StatusReply, status))
    assert how.word == word and said in how.reason and how.sign


def with_model(state: str) -> control.StatusReply:
    return control.StatusReply(model=control.ModelStatus(state=state))


def test_every_trouble_has_a_remedy():
    for name in ("failed", "stopped", "waiting"):
        assert health(LinkState(name), None).remedy
    for state in ("absent", "crashed"):
        trouble = model_trouble(with_model(state))
        assert trouble and trouble.remedy
    assert model_trouble(with_model("ready")) is None


def test_every_standing_trouble_is_shown_with_the_key_of_its_remedy():
    hint = "Enter it with `mynah config set bot_token`."
    told = [
        control.StandingTrouble("Discord refused /x.", hint),
        control.StandingTrouble("y", "z"),
    ]
    first, second = standing_troubles(control.StatusReply(troubles=told))
    assert first.reason == "Discord refused /x." and "b on Settings" in in_keys(
        first.remedy, {}
    )
    assert (second.sign, second.remedy) == ("!", "z")


def test_shards_that_nobody_holds_are_told():
    (trouble,) = standing_troubles(control.StatusReply(free_shards=[2, 3]))
    assert "No Mynah holds shard 2, 3" in trouble.reason
    assert "mynah serve --shards" in trouble.remedy


def test_another_version_is_named():
    trouble = version_trouble(control.StatusReply("99.0"))
    assert trouble and "99.0" in trouble.reason
    assert version_trouble(control.StatusReply()) is None
    assert version_trouble(control.StatusReply(__version__)) is None


def test_news_are_kept_small_however_much_is_said():
    news = NewEvents()
    for number in range(MAX_LOGS + 50):
        news.add(control.Log("info", "x", str(number), 0.0))
        news.add(control.MessageSeen(number, GuildId(1), 2))
        news.add(control.StateChanged(control.StatusReply(queue=number)))
        news.add(control.Progress("import", "a", number, 0, "messages", 1.0))
    assert len(news.logs) == MAX_LOGS and news.logs[-1].text == str(MAX_LOGS + 49)
    assert news.channels == {(1, 2)}
    assert news.status == control.StatusReply(queue=MAX_LOGS + 49)
    assert [p.done for p in news.progress.values()] == [MAX_LOGS + 49]
    assert not NewEvents().logs


def test_the_logbook_is_bounded_and_hides_no_unknown_level():
    book = Logbook(max_lines=3)
    for level in ("debug", "info", "warning", "error", "panic"):
        book.add([control.Log(level, "bot", "Text", 0.0)])
    assert [line.level for line in book.matching("warning")] == [
        "warning",
        "error",
        "panic",
    ]
    assert book.matching(text="tEXT") and not book.matching(text="other")


def stored_reply(
    row: int, at: int, sent: list[str], state: str = "sent"
) -> StoredReply:
    return StoredReply(
        row, GuildId(1), 1, None, at, "", state, "hi", sent, "", "local", "", 0, "", [],
        [], [], {}, None, [], {}, 0, 0, 0, 0.0,
    )  # fmt: skip


def test_a_reply_stands_for_the_messages_it_was_sent_as():
    from app.store.rows import StoredMessage

    def message(row: int, external: str, at: int) -> StoredMessage:
        return StoredMessage(
            row, GuildId(1), 1, "c", 1, "h", "N", False, external, at, "t", None, None
        )

    messages = [message(1, "a", 10), message(2, "s1", 20), message(3, "b", 30)]
    replies = [stored_reply(7, 21, ["s1"]), stored_reply(8, 25, [], "claimed")]
    lines = merge(messages, replies, {3: 1})
    assert [line.key for line in lines] == [
        ("message", 1),
        ("reply", 7),
        ("message", 3),
    ]
    assert lines[2].conversation == 1


def test_the_conversations_of_a_channel_stand_below_it():
    place = ListedPlace("#tavern", GuildId(1), 2, "c2")
    others = [
        ListedPlace("The Players", GuildId(1)),
        place,
        ListedPlace("#stage", GuildId(1), 3, "c3"),
    ]
    lines = [
        TalkLine(("message", n), n, "Viola", f"line {n}", conversation=group)
        for n, group in enumerate((10, 10, None, 11, 12, 12))
    ]
    inner = channel_list.conversations(place, lines)
    assert [one.conversation for one in inner] == [12, 10]
    assert inner[1].title == "line 0"
    shown = channel_list.with_conversations(others, inner)
    assert [one.conversation for one in shown] == [None, None, 12, 10, None]
    assert channel_list.with_conversations(others, []) == others


def test_a_reply_belongs_to_the_conversation_of_what_was_sent():
    from app.store.rows import StoredMessage

    sent = StoredMessage(
        2, GuildId(1), 1, "c", 1, "h", "N", False, "s1", 20, "t", None, None
    )
    lines = merge([sent], [stored_reply(7, 21, ["s1"])], {2: 1})
    assert [line.conversation for line in lines] == [1]


def test_a_moment_is_the_time_today_and_the_day_before():
    now = 1_699_996_400.0
    assert format.moment(now - 60, now) == format.clock(now - 60)
    assert format.moment(now - 5 * 86_400, now) == format.day(now - 5 * 86_400)


def test_work_is_over_when_it_says_so_and_not_when_all_is_read():
    work = control.Progress("import", "a", 1, 2, "bytes", 1.0)
    assert not is_done(work) and not is_done(replace(work, total=0))
    ends = {"error": "x"}, {"finished": True}, {"stopped": True}
    assert all(is_done(replace(work, **end)) for end in ends)
    read = replace(work, done=2)
    assert not is_done(read) and format.pace(read) == "finishing"
    assert "▸ finishing" in job_lines.draw(read, 100).plain
    assert "✓ done" in job_lines.draw(replace(read, finished=True), 100).plain
    assert format.pace(replace(read, paused=True)) == "paused"


def test_an_import_is_told_in_all_and_by_file():
    files = [{"file": f"{n}.json", "read": n, "added": n} for n in (3, 4)]
    errors = [{"file": "5.json", "text": "line 2: not JSON"}]
    reply = {"guild": "G", "read": 7, "added": 7, "files": files, "errors": errors}
    title, text = result(filled(control.ImportReply, reply))
    assert title.startswith("G in")
    assert "7  messages read" in text and "4.json" in text
    assert "✕ 5.json: line 2: not JSON" in text


def test_a_course_fills_its_width_and_shows_the_highest_of_each_part():
    assert course([0, 8, 0, 4], 2) == "█▄"
    assert course([8, 0], 4) == "██  "
    assert course([], 4) == ""


def test_a_first_word_is_told_only_of_a_text_that_came_as_it_was_written():
    def told(**ms: float) -> bool:
        return "first word" in reply_bars.summary(filled(control.SayReply, {"ms": ms}))

    assert told(total=1500.0, first_token=500.0)
    assert not told(total=10.0, first_token=10.0)
    assert not told(total=640.0, first_token=639.2)
    assert not told()


def test_the_head_of_a_server_says_how_many_sources_weigh_less():
    def shown(disliked: int) -> str:
        figures = {"guild": "den", "disliked": disliked}
        return head_line(filled(control.GuildFigures, figures)).plain

    assert "3 disliked weigh less" in shown(3)
    assert "disliked" not in shown(0)


def test_a_day_of_another_year_names_the_year():
    now = 1_700_000_000.0
    assert format.day(now - 86_400, now) == "13 Nov"
    assert format.day(now - 366 * 86_400, now) == "Nov 2022"
    assert format.moment(now - 730 * 86_400, now) == "Nov 2021"


def test_the_titles_of_models_fit_80_cells_beside_a_scrollbar():
    padding, sign, bar = 2, 1, 1
    assert len(model_lines.head(0)) <= 80 - padding - sign - bar


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("#tavern", 10, "#tavern   "),
        ("#regional-channels--uk-kent", 13, "#reg…-uk-kent"),
        ("#regional-channels--uk-essex", 13, "#reg…uk-essex"),
        ("#何何何何何何何何", 9, "#何何…何 "),
    ],
)
def test_long_names_keep_both_their_ends(name: str, width: int, shown: str):
    found = format.ends(name, width)
    assert found.plain == shown
    assert found.cell_length == width


def test_names_of_channels_have_the_room_that_there_is():
    name = "regional-channels--uk-yorkshire-mesh"
    row = channels.ChannelRow("1", name, 3315, may_speak=True, learns=False)
    assert f"#{name} " in channels.draw(row, 120).plain
    narrow = channels.draw(row, 78).plain
    assert "…" in narrow and "yorkshire-mesh " in narrow
    for width in (78, 120, 200):
        at = channels.head(width).index("learned") + len("learned")
        assert channels.draw(row, width).plain[:at].endswith("3,315")
    place = ListedPlace(f"#{name}", GuildId(1), 1, name)
    assert channel_list.draw(place, 17).plain == "  #regi…hire-mesh"
    assert channel_list.draw(place, format.WHOLE).plain.strip() == f"#{name}"


def test_what_is_wrong_stands_below_its_sign_on_every_line():
    remedy = "Copy a new token from the Bot page of the portal, and enter it there."
    how = Health("✕", "refused by Discord", "$error", "x" * 90, remedy)
    head, *lines = home_lines.state(how, None, 0, "", str, 40).plain.split("\n")
    assert head.startswith("✕ refused")
    assert len(lines) > 4
    assert all(line.startswith("  ") and len(line) <= 40 for line in lines)


def test_a_model_that_is_not_here_is_not_said_to_be():
    status = filled(control.StatusReply, STATUS)
    absent = replace(status, model=control.ModelStatus("starter", "absent"))
    told = home_lines.today(absent, ()).plain
    assert "starter is not here, nothing waiting" in told and "tokens/s" not in told
    assert "SmolLM2-135M here, 41 tokens/s" in home_lines.today(status, ()).plain


def test_the_status_names_work_that_goes_on_before_work_that_is_paused():
    goes_on = control.Progress("import", "a.json", 1, 4, "bytes", 0, job=1)
    paused = control.Progress("train", "#tavern", 1, 9, "messages", 0, 2, paused=True)
    assert status_bar._work(None, [goes_on, paused]) == "importing 25 % +1"
    assert status_bar._work(None, [paused, goes_on]) == "importing 25 % +1"
    assert status_bar._work(None, [paused]) == "paused: reading history"


def test_the_meaning_of_a_lock_fits_a_narrow_list_of_many_servers():
    line = usage_screen.head_lock("50 of 10,000", "; space toggles the lock")
    assert line.endswith("toggles the lock") and len(line) <= 76


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("sent", "markov   Ay"), ("made", "tried here  Ay"), ("draft", "draft  Ay"),
        ("refused", "refused  Ay"), ("rejected", "rejected  Ay"),
        ("failed", "failed  Ay"),
    ],
)  # fmt: skip
def test_home_says_of_a_reply_that_it_was_not_sent(state: str, told: str):
    made = replace(stored_reply(7, 21, [], state), text="Ay", provider="markov")
    assert told in home_lines.recent([made], {}, 1_700_000_000.0, 0).plain


@pytest.mark.parametrize(
    ("done", "total", "told"),
    [(0, 0, 0), (150_000, 150_001, 0.99), (2, 2, 1), (3, 2, 1)],
)
def test_work_that_goes_on_is_never_done_to_the_last_percent(
    done: int, total: int, told: float
):
    job = control.Progress("forget", "den", done, total, "messages", 9.0)
    assert format.done(job) == told
