"""Conversations: what is said on every server, and why the bot said what it said."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from app.ipc import control
from app.ipc.wire import Json, Params
from app.tui import inspector, talk
from app.tui.base import MynahScreen
from app.tui.news import News
from app.tui.shelf import ShownReply
from app.tui.talk import TalkLine
from app.tui.widgets.dialogs import AskText, Confirm, Detail, Pick
from app.tui.widgets.feed import Feed

RELOAD_SECONDS = 0.3
"""Least time between two readings, however many messages come in."""


@dataclass(frozen=True)
class Place:
    """A line of the list of places: a server, a channel, or the drafts."""

    title: str
    guild: int = 0
    channel: int | None = None
    name: str = ""
    """What requests call the channel by."""
    note: str = ""
    is_drafts: bool = False

    @property
    def key(self) -> tuple[int, int | None, bool]:
        """The same for the same place, whatever happens in it."""
        return self.guild, self.channel, self.is_drafts


class ConversationsScreen(MynahScreen):
    """Places on the left, the talk beside, the story of a reply on the right."""

    NAME = "conversations"
    CSS_PATH = "conversations.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter"),
        Binding("s", "speak", "Say"),
        Binding("y", "decide(True)", "Approve"),
        Binding("x", "decide(False)", "Reject"),
        Binding("e", "edit", "Edit, send"),
        Binding("a", "again", "Again"),
        Binding("d", "rate(-1)", "Dislike"),
        Binding("plus", "rate(1)", "Like", show=False),
        Binding("j", "jump", "Sources"),
        Binding("c", "conversation", "Thread"),
        Binding("f", "forget", "Forget"),
        Binding("h,left", "places", "Places", show=False),
        Binding("right", "lines", "Talk", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._place: Place | None = None
        self._lines: list[TalkLine] = []
        self._conversation: int | None = None
        self._explained: inspector.Explained | None = None
        self._reload_is_due = False

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="columns"):
            yield Feed(draw_place, id="places")
            with Vertical(id="middle"):
                yield Input(placeholder="/ to filter this channel", id="words")
                yield Feed(talk.draw, id="lines")
                yield Static("", id="no-lines", classes="empty", markup=False)
            with VerticalScroll(id="inspector"):
                yield Static("", id="story", markup=False)

    def on_mount(self) -> None:
        self.query_one("#words").display = False
        self.query_one("#places").focus()

    # What is shown.

    def refresh_data(self) -> None:
        self.fetch(self._load_places, self._show_places, "places")

    def hear(self, news: News) -> None:
        if news.replies:
            self.refresh_data()
        if self._concerns(news) and not self._reload_is_due:
            self._reload_is_due = True
            self.set_timer(RELOAD_SECONDS, self._reload)

    def _concerns(self, news: News) -> bool:
        """Whether something was written in the place that is shown."""
        place = self._place
        if place is None:
            return False
        if place.is_drafts or place.channel is None:
            return bool(news.replies)
        return (place.guild, place.channel) in news.channels

    def _reload(self) -> None:
        self._reload_is_due = False
        if self._place:
            self._load(self._place)

    async def _load_places(self) -> list[Place]:
        shelf = self.app.shelf
        waiting = await shelf.drafts()
        places = []
        if waiting:
            places.append(Place("Drafts", note=str(len(waiting)), is_drafts=True))
        for guild in self.app.guilds:
            row, name = guild["row"], guild["guild"]
            places.append(Place(name, row))
            for channel in await shelf.channels(row):
                place = Place(f"#{channel.name}", row, channel.channel, channel.key)
                places.append(place)
        return places

    def _show_places(self, places: list[Place]) -> None:
        feed = self.query_one("#places", Feed)
        keys = [place.key for place in places]
        if self._place and self._place.key in keys:
            feed.show(places, keys.index(self._place.key))
            return
        first = next((i for i, p in enumerate(places) if p.channel or p.is_drafts), 0)
        feed.show(places, first)
        if not places:
            self._say_empty("Nothing is learned yet: import on Learn (5).")

    @on(Feed.Moved, "#places")
    def _place_moved(self, event: Feed.Moved) -> None:
        place: Place = event.item
        if self._place is None or place.key != self._place.key:
            self._place = place
            self._conversation = None
            self._load(place)

    @on(Feed.Chosen, "#places")
    def _place_chosen(self) -> None:
        self.query_one("#lines").focus()

    def _load(self, place: Place) -> None:
        self.fetch(lambda: self._load_lines(place), self._show_lines, "lines")

    async def _load_lines(self, place: Place) -> list[TalkLine]:
        if place.channel is None:
            shelf = self.app.shelf
            is_drafts = place.is_drafts
            found = await (shelf.drafts() if is_drafts else shelf.replies(place.guild))
            titles = self._titles()
            return [
                replace(line, name=titles.get(line.reply.channel, line.name))
                for line in talk.merge([], found, {})
                if line.reply
            ]
        return await talk.load(self.app.shelf, place.guild, place.channel)

    def _titles(self) -> dict[int | None, str]:
        """The channels by row, as the list of places calls them."""
        places: list[Place] = self.query_one("#places", Feed).items
        return {place.channel: place.title for place in places if place.channel}

    def _show_lines(self, lines: list[TalkLine]) -> None:
        self._lines = lines
        self._filter()

    @on(Input.Changed, "#words")
    def _filter(self) -> None:
        words = self.query_one("#words", Input).value.strip().lower()
        shown = [
            line
            for line in self._lines
            if (not words or words in f"{line.name} {line.text}".lower())
            and (self._conversation is None or line.conversation == self._conversation)
        ]
        feed = self.query_one("#lines", Feed)
        was, follows = feed.item, feed.cursor >= len(feed.items) - 1
        keys = [line.key for line in shown]
        keeps = was is not None and not follows and was.key in keys
        feed.show(shown, keys.index(was.key) if keeps and was else None)
        if not shown:
            self._say_empty("Nothing here yet." if not words else "Nothing matches.")
        feed.display = bool(shown)
        self.query_one("#no-lines").display = not shown

    def _say_empty(self, text: str) -> None:
        self.query_one("#no-lines", Static).update(text)
        self._explained = None
        self.query_one("#story", Static).update("")

    @on(Feed.Moved, "#lines")
    def _line_moved(self, event: Feed.Moved) -> None:
        line: TalkLine = event.item
        self.refresh_bindings()
        if line.reply is None:
            self._explained = None
            self.query_one("#story", Static).update(_message_story(line))
            return
        job = partial(inspector.explain, self.app.shelf, line.reply)
        self.fetch(job, self._show_story, "story")

    def _show_story(self, explained: inspector.Explained) -> None:
        self._explained = explained
        width = max(30, self.query_one("#inspector").size.width - 2)
        self.query_one("#story", Static).update(inspector.draw(explained, width))

    @on(Feed.Chosen, "#lines")
    def _open_story(self, event: Feed.Chosen) -> None:
        if self.query_one("#inspector").display:
            return
        if self._explained:
            self.app.push_screen(Detail("", inspector.draw(self._explained, 54)))
        else:
            self.app.push_screen(Detail(event.item.name, event.item.text))

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done with the chosen line."""
        if not self.is_mounted:
            return True
        line: TalkLine | None = self.query_one("#lines", Feed).item
        reply = line.reply if line else None
        is_draft = reply is not None and reply.state == "draft"
        if action == "decide":
            return is_draft
        if action in ("edit", "rate", "jump"):
            return reply is not None
        if action == "again":
            return reply is not None and not is_draft
        if action == "conversation":
            return line is not None and reply is None
        return True

    @property
    def _reply(self) -> ShownReply | None:
        line = self.query_one("#lines", Feed).item
        if line is None or line.reply is None:
            self.app.tell("Choose one of the bot's replies first.")
            return None
        found: ShownReply = line.reply
        return found

    def action_places(self) -> None:
        """Go to the list of places."""
        self.query_one("#places").focus()

    def action_lines(self) -> None:
        """Go to the talk."""
        self.query_one("#lines").focus()

    def action_filter(self) -> None:
        """Type words to filter by; an empty filter goes away."""
        field = self.query_one("#words", Input)
        field.display = True
        field.focus()

    @on(Input.Submitted, "#words")
    def _filtered(self, event: Input.Submitted) -> None:
        event.input.display = bool(event.value.strip())
        self.query_one("#lines").focus()

    def action_conversation(self) -> None:
        """Show only the conversation of this message, or all again."""
        line = self.query_one("#lines", Feed).item
        chosen = line.conversation if line and self._conversation is None else None
        self._conversation = chosen
        self._filter()

    def action_rate(self, value: int) -> None:
        """Like or dislike the reply."""
        if reply := self._reply:
            word = "Liked." if value > 0 else "Disliked: such lines come less often."
            self._do(control.Rate(reply.row, value), word)

    def action_decide(self, approve: bool) -> None:
        """Send a draft, or throw it away."""
        if reply := self._reply:
            word = "Sent." if approve else "Thrown away; it learns from that."
            self._do(control.Decide(reply.row, approve), word)

    def action_edit(self) -> None:
        """Change the words and send them: a draft in its place, else anew."""
        if reply := self._reply:

            def edited(text: str | None) -> None:
                if text and reply.state == "draft":
                    self._do(control.Decide(reply.row, True, text), "Sent.")
                elif text:
                    self._send(reply.guild, reply.channel, text)

            question = "Change the words, then send them."
            self.app.push_screen(AskText(question, "", reply.text), edited)

    def action_again(self) -> None:
        """Make another reply to the same words, and ask before sending it."""
        reply = self._reply
        guild = self._guild(reply.guild) if reply else None
        if reply and guild and reply.turns:
            *earlier, last = reply.turns
            request = control.Say(
                guild=guild["key"],
                text=str(last[1]),
                author=str(last[0]),
                turns=[[str(turn[0]), str(turn[1])] for turn in earlier],
            )
            self.request(request, lambda made: self._offer(reply, made))

    def _offer(self, reply: ShownReply, made: Json) -> None:
        def accepted(text: str | None) -> None:
            if text:
                self._send(reply.guild, reply.channel, text)

        question = "Another reply: send it?"
        text = str(made.get("text", ""))
        self.app.push_screen(
            AskText(question, "Change it as you like.", text), accepted
        )

    def action_speak(self) -> None:
        """Say something in this channel as the bot."""
        place = self._place
        if place is None or place.channel is None:
            self.app.tell("Choose a channel first.")
            return

        def said(text: str | None) -> None:
            if text:
                self._send(place.guild, place.channel, text)

        self.app.push_screen(AskText(f"Say as the bot in {place.title}", ""), said)

    def action_forget(self) -> None:
        """Forget the messages a reply drew on, or the chosen message."""
        line: TalkLine | None = self.query_one("#lines", Feed).item
        if line is None or self._place is None:
            return
        ids = [line.external] if line.external else []
        if line.reply and self._explained:
            ids = [message.external for message, _ in self._explained.sources]
        guild = self._guild(line.reply.guild if line.reply else self._place.guild)
        if not ids or guild is None:
            self.app.tell("There is nothing to forget here.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(control.Forget(guild["key"], messages=ids), "Forgotten.")

        question = f"Forget {len(ids)} message{'s' * (len(ids) > 1)} for ever?"
        detail = "They leave the voice, the memory and the database. No undo."
        self.app.push_screen(Confirm(question, detail, "Forget"), answered)

    def action_jump(self) -> None:
        """Go to a message that the reply drew on."""
        if self._explained is None or not self._explained.sources:
            self.app.tell("This line drew on no message.")
            return
        messages = [message for message, _ in self._explained.sources]

        def picked(at: int | None) -> None:
            if at is not None:
                self._jump_to(messages[at].id)

        names = [f"{message.name}: {message.text}"[:120] for message in messages]
        self.app.push_screen(Pick("Go to which message?", names), picked)

    def _jump_to(self, row: int) -> None:
        async def load() -> list[TalkLine]:
            return talk.merge(await self.app.shelf.around(row), [], {})

        def show(lines: list[TalkLine]) -> None:
            self._lines = lines
            at = next((i for i, x in enumerate(lines) if x.key[1] == row), 0)
            self.query_one("#lines", Feed).show(lines, at)
            self.query_one("#lines").focus()

        self.fetch(load, show, "lines")

    def _guild(self, row: int) -> Json | None:
        return next((guild for guild in self.app.guilds if guild["row"] == row), None)

    def _send(self, guild: int, channel: int | None, text: str) -> None:
        known = self._guild(guild)
        places: list[Place] = self.query_one("#places", Feed).items
        names = [place.name for place in places if place.channel == channel]
        if known and channel is not None and names:
            self._do(control.Send(known["key"], names[0], text), "Sent.")
        else:
            self.app.tell("This reply belongs to no channel.")

    def _do(self, request: Params, done: str) -> None:
        def finished(_: Json) -> None:
            self.app.tell(done)
            self._reload()
            self.refresh_data()

        self.request(request, finished)


def draw_place(place: Place, width: int) -> Content:
    """One line of the list of places."""
    if place.is_drafts:
        return Content.styled(f"Drafts waiting: {place.note}", "bold $warning")
    if place.channel is None:
        return Content.styled(place.title, "bold")
    return Content.assemble("  ", place.title)


def _message_story(line: TalkLine) -> Content:
    return Content.assemble(
        (f"{line.name}\n", "bold"),
        line.text,
        ("\n\nf forgets it, c shows its conversation alone.", "$quiet"),
    )
