"""Conversations: messages of every server, and actions on replies."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from app.core.errors import AppError
from app.core.names import GuildId
from app.ipc import control
from app.ipc.wire import Request
from app.tui.changes import Change
from app.tui.screens.conversations import channel_lines, line_copies
from app.tui.screens.conversations.channel_lines import TalkLine
from app.tui.screens.conversations.channel_list import ListedPlace
from app.tui.screens.conversations.conversation_base import TalkScreen
from app.tui.screens.conversations.line_copies import LinePart
from app.tui.widgets.dialogs import AskText, Confirm, Pick
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.store.rows import StoredMessage, StoredReply


REJECTED = (
    "Rejected. The bot learns from that. <^z app.undo> lets the draft wait again."
)


class ConversationsScreen(TalkScreen):
    """The lines of a place, with keys that act on them."""

    NAME = "conversations"
    CSS_PATH = "conversations_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "speak", "Say"),
        Binding("y", "decide(True)", "Approve"),
        Binding("x", "decide(False)", "Reject"),
        Binding("e", "edit", "Edit, send"),
        Binding("a", "again", "Again"),
        Binding("d", "rate(-1)", "Dislike"),
        Binding("plus", "rate(1)", "Like"),
        Binding("j", "jump", "Sources"),
        Binding("w", "xray", "X-ray"),
        Binding("c", "conversation", "Conversation"),
        Binding("o", "copy_part", "Copy, open"),
        Binding("f", "forget", "Forget"),
        Binding("h,left", "places", "Places", show=False),
        Binding("right", "lines", "Talk", show=False),
        Binding("slash", "filter", "Search messages"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only actions that fit the chosen line."""
        if not self.is_mounted:
            return True
        line: TalkLine | None = self.query_one("#lines", Feed).item
        if action == "speak":
            return self.place is not None and self.place.channel is not None
        if action == "copy_part":
            return line is not None and line.key[0] != "day"
        if action == "conversation":
            return self._other_conversation is not None
        if action == "forget":
            return bool(self._sources_of(line))
        if action in ("decide", "edit", "rate", "jump", "xray", "again"):
            return line is not None and self._fits(action, parameters, line.reply)
        return super().check_action(action, parameters)

    def _fits(
        self, action: str, parameters: tuple[object, ...], reply: "StoredReply | None"
    ) -> bool:
        """Return whether an action on replies can do something with this line."""
        if reply is None:
            return False
        is_open = reply.state in ("draft", "rejected")
        sources = self.explained.sources if self.explained else ()
        fits = {
            "decide": reply.state == "draft" or (is_open and parameters == (True,)),
            "edit": is_open or bool(self._name_of(reply.channel_id)),
            "jump": bool(sources),
            "again": reply.state != "draft" and bool(reply.turns),
        }
        return fits.get(action, True)

    def _sources_of(self, line: TalkLine | None) -> list[str]:
        """Return the messages to forget: a reply's sources, or the line's own."""
        if line is None:
            return []
        if line.reply and self.explained:
            return [message.id for message in self.explained.sources]
        return [line.external] if line.external else []

    def action_places(self) -> None:
        """Go to the list of places."""
        self.set_focus(self.query_one("#places"))

    def action_lines(self) -> None:
        """Go to the lines."""
        self.set_focus(self.query_one("#lines"))

    def action_conversation(self) -> None:
        """Show only this message's conversation, or the whole channel again."""
        if (there := self._other_conversation) is not None:
            self.query_one("#places", Feed).cursor = there

    @property
    def _other_conversation(self) -> int | None:
        """The place in the list that `c` goes to, if there is one."""
        line: TalkLine | None = self.query_one("#lines", Feed).item
        place = self.place
        if line is None or line.conversation is None or place is None:
            return None
        wanted = None if place.conversation else line.conversation
        key = place.guild, place.channel, False, wanted
        places: list[ListedPlace] = self.query_one("#places", Feed).items
        return next((at for at, one in enumerate(places) if one.key == key), None)

    @property
    def _reply(self) -> "StoredReply | None":
        line = self.query_one("#lines", Feed).item
        if line is None or line.reply is None:
            return None
        found: StoredReply = line.reply
        return found

    def action_rate(self, value: int) -> None:
        """Like or dislike the reply."""
        if reply := self._reply:
            word = "Liked." if value > 0 else "Disliked. Similar lines become rarer."
            says = "Your opinion of the reply is taken back."
            back = partial(self._ask, control.Rate(reply.id, 0))
            self._do(control.Rate(reply.id, value), word, Change(says, back))

    def action_decide(self, approve: bool) -> None:
        """Send a draft, or discard it."""
        if reply := self._reply:
            word = "Sent." if approve else self.app.with_keys(REJECTED)
            back = partial(self._ask, control.DraftBack(reply.id))
            change = None if approve else Change("The draft waits again.", back)
            self._do(control.Decide(reply.id, approve), word, change)

    def action_edit(self) -> None:
        """Edit the text and send it: in place of a draft, or else as a new message."""
        if reply := self._reply:

            def edited(text: str) -> Request[object] | None:
                if reply.state in ("draft", "rejected"):
                    return control.Decide(reply.id, True, text)
                return self._sending(reply.guild_id, reply.channel_id, text)

            self._write("Change the text, then send it.", reply.text, edited)

    def action_again(self) -> None:
        """Make another reply to the same message, and ask before sending it."""
        reply = self._reply
        guild = self._guild(reply.guild_id) if reply else None
        if reply and guild and reply.turns:
            *earlier, last = reply.turns
            request = control.Say(
                guild=guild.key,
                text=str(last[1]),
                author=str(last[0]),
                turns=[[str(turn[0]), str(turn[1])] for turn in earlier],
            )
            self.app.tell("Writing another reply…")
            self.request(request, lambda made: self._offer(reply, made))

    def _offer(self, reply: "StoredReply", made: control.SayReply) -> None:
        if self.app.screen is not self or self._asked_after != self.app.presses:
            # The owner went on, and a question would take what they type now.
            self.show_result("Another reply", made.text)
            return
        question = "Send this reply? You can change it first."
        sending = partial(self._sending, reply.guild_id, reply.channel_id)
        self._write(question, made.text, sending)

    def action_speak(self) -> None:
        """Write in this channel as the bot."""
        place = self.place
        if place is not None and place.channel is not None:
            sending = partial(self._sending, place.guild, place.channel)
            self._write(f"Write as the bot in {place.title}", "", sending)

    def _write(
        self,
        question: str,
        text: str,
        request_of: Callable[[str], Request[object] | None],
        refusal: str = "",
    ) -> None:
        """Ask for words and send them; those that are refused stay, to try again."""

        def written(words: str | None) -> None:
            def refused(error: AppError) -> None:
                self._write(question, words or "", request_of, str(error))

            request = request_of(words) if words else None
            if request is not None:
                self._do(request, "Sent.", refused=refused)
            elif words:
                self.app.tell("This reply belongs to no channel.")

        self.app.push_screen(AskText(question, "", text, refusal=refusal), written)

    def action_xray(self) -> None:
        """Color each word by who decided it, the model or the voice, or no more."""
        self.is_xrayed = not self.is_xrayed
        reply = self.explained
        if self.is_xrayed and reply is not None and not reply.shares:
            self.app.tell("Nobody noted who decided the words of this reply.")
        self._draw_story()

    def action_copy_part(self) -> None:
        """Copy the line's text, ID or link, or open an address in it."""
        line: TalkLine | None = self.query_one("#lines", Feed).item
        if line is None or self.place is None:
            return
        reply = line.reply
        guild = self._guild(reply.guild_id if reply else self.place.guild)
        channel = reply.channel_id if reply else self.place.channel
        name = self._name_of(channel)
        parts = line_copies.parts(line, (guild and guild.id) or "", name)

        def picked(part: LinePart | None) -> None:
            if part is not None and part.is_opened:
                self._open(part.text)
            elif part is not None:
                self.app.copy_to_clipboard(part.text)
                self.app.tell("Copied.")

        self.app.push_screen(Pick("Copy or open what?", parts), picked)

    def _open(self, address: str) -> None:
        """Show a whole address, and open it if the owner agrees."""

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.open_url(address)

        question = "Open this address in your browser?"
        self.app.push_screen(Confirm(question, address, "Open"), answered)

    def _name_of(self, channel: int | None) -> str:
        """Return a channel's name in requests: Discord's id, where it has one."""
        places: list[ListedPlace] = self.query_one("#places", Feed).items
        names = [place.name for place in places if place.channel == channel]
        return names[0] if channel is not None and names else ""

    def action_forget(self) -> None:
        """Forget a reply's source messages, or the chosen message."""
        line: TalkLine | None = self.query_one("#lines", Feed).item
        ids = self._sources_of(line)
        if line is None or self.place is None:
            return
        guild = self._guild(line.reply.guild_id if line.reply else self.place.guild)
        if guild is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(control.Forget(guild.key, messages=ids), "Forgotten.")

        question = f"Forget {len(ids)} message{'s' * (len(ids) > 1)} forever?"
        detail = (
            "They leave the voice, the memory and the database. You cannot undo this."
        )
        self.app.push_screen(Confirm(question, detail, "Forget"), answered)

    def action_jump(self) -> None:
        """Go to a source message of the reply."""
        if self.explained is None:
            return

        def picked(message: int | None) -> None:
            if message is not None:
                self._jump_to(message)

        options = [
            (f"{source.author}: {source.text}"[:120], source.message)
            for source in self.explained.sources
        ]
        self.app.push_screen(Pick("Go to which message?", options), picked)

    def _jump_to(self, message: int) -> None:
        def show(around: "list[StoredMessage]") -> None:
            here = next((one for one in around if one.id == message), None)
            if here is None:
                self.app.tell("That message was forgotten.")
                return
            self.look_at(here.guild, here.channel)
            self.show_lines(channel_lines.merge(around, [], {}))
            feed = self.query_one("#lines", Feed)
            keys = [line.key for line in feed.items]
            if ("message", message) in keys:
                feed.cursor = keys.index(("message", message))
            feed.focus()

        self.fetch(lambda: self.app.shelf.around(message), show, "lines")

    def _guild(self, row: GuildId) -> control.GuildFigures | None:
        return self.app.known_guilds.get(row)

    def _sending(
        self, guild: GuildId, channel: int | None, text: str
    ) -> Request[object] | None:
        known, name = self._guild(guild), self._name_of(channel)
        return control.Send(known.key, name, text) if known and name else None

    def _do(
        self,
        request: Request[object],
        done: str,
        back: Change | None = None,
        refused: Callable[[AppError], None] | None = None,
    ) -> None:
        def then() -> None:
            self.app.tell(done)
            if back is not None:
                self.app.note_change(back)

        self._ask(request, then, refused)

    def _ask(
        self,
        request: Request[object],
        then: Callable[[], None],
        refused: Callable[[AppError], None] | None = None,
    ) -> None:
        def finished(_: object) -> None:
            then()
            self.reload()
            self.refresh_data()

        def failed(error: AppError) -> None:
            # Some of it may have come about, such as the new words of a draft.
            self.reload()
            (refused or self.app.warn)(error)

        self.request(request, finished, refused=failed)
