"""Settings: the home's settings, the secrets, and the appearance."""

import time
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.tui import format, settings_list
from app.tui.base import MynahScreen
from app.tui.widgets.dialogs import AskText, Confirm, Pick
from app.tui.widgets.feed import Feed

SECRETS = {
    "bot_token": "Discord bot token",
    "openai_key": "API key for the cloud",
    "server_key": "API key of another server (openai.base_url)",
    "discord_proxy_login": "Discord proxy login (bot.proxy)",
    "model_proxy_login": "Model proxy login (openai.proxy)",
}
LOGINS = ("discord_proxy_login", "model_proxy_login")

EMPTY = "No setting to show. Press <esc screen.leave_field> to clear the filter"
NO_BOT = ", or start the bot on Home (<s home.start_or_stop>)"


class SettingsScreen(MynahScreen):
    """A list of every setting; a server's own values are on its screen."""

    NAME = "settings"
    CSS_PATH = "settings_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "reset", "Built-in value"),
        Binding("b", "secret('bot_token')", "Bot token"),
        Binding("k", "secret('openai_key')", "API key"),
        Binding("K", "secret('server_key')", "Other server's key"),
        Binding("p", "proxy_login", "Proxy login"),
        Binding("c", "doctor", "Check-up"),
        Binding("w", "backup", "Back up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._items: list[settings_list.Item] = []
        self._words = ""

    def compose_body(self) -> ComposeResult:
        yield Static("", id="secrets", markup=False)
        yield settings_list.feed(
            "list", f"{EMPTY}{'' if self.app.is_watching else NO_BOT}."
        )
        yield Static("", id="doc", markup=False)

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.request(control.ConfigGet(), self._take, "config")

    def status_changed(self) -> None:
        self.query_one("#secrets", Static).update(_secrets(self.app.status))
        if not self._items:
            self.refresh_data()

    def _take(self, reply: control.ConfigGetReply) -> None:
        self._items = settings_list.items(reply, ("home", "guild", "channel"))
        self._show()

    def filter(self, words: str) -> None:
        self._words = words.strip()
        self._show()

    def _show(self) -> None:
        feed = self.query_one(Feed)
        found = settings_list.matching(self._items, self._words)
        feed.show(found)

    @on(Feed.Moved)
    def _explain(self, event: Feed.Moved) -> None:
        how = self.app.advice(settings_list.CHANGES)
        explained = settings_list.explained(event.item, how)
        self.query_one("#doc", Static).update(explained)

    @on(Feed.Chosen)
    def _change(self, event: Feed.Chosen) -> None:
        settings_list.change(self, event.item, self.refresh_data)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the built-in value of what has another."""
        if action == "reset" and self.is_mounted:
            item: settings_list.Item | None = self.query_one(Feed).item
            return item is not None and item.origin != "default"
        return super().check_action(action, parameters)

    def action_reset(self) -> None:
        """Go back to the built-in value."""
        if item := self.query_one(Feed).item:
            settings_list.reset(self, item, self.refresh_data)

    def action_secret(self, name: str) -> None:
        """Enter a secret: masked, stored safely, and tested once."""
        title = SECRETS[name]
        question = f"{title}: paste it here"
        detail = "It is stored on this computer and never shown again."
        if name in LOGINS:
            detail = f"Write it as NAME:PASSWORD. {detail}"
        if _is_kept(self.app.status, name):
            detail += " One is already stored; an empty line deletes it."

        def entered(value: str | None) -> None:
            if value is not None:
                self._keep(name, value.strip())

        self.app.push_screen(AskText(question, detail, is_secret=True), entered)

    def action_proxy_login(self) -> None:
        """Choose a proxy, and enter its login."""

        def picked(name: str | None) -> None:
            if name is not None:
                self.action_secret(name)

        options = [(SECRETS[name], name) for name in LOGINS]
        self.app.push_screen(Pick("Which login?", options), picked)

    def _keep(self, name: str, value: str) -> None:
        if not value:
            title = SECRETS[name]

            def answered(yes: bool | None) -> None:
                if yes:
                    request = control.SecretSet(name, None)
                    self.request(request, lambda _: self.app.tell("Deleted."))

            question = Confirm(f"Delete the {title}?", "", "Delete")
            self.app.push_screen(question, answered)
            return
        self.request(control.SecretSet(name, value), lambda _: self._try(name))

    def _try(self, name: str) -> None:
        self.app.tell("Stored. Testing it…")
        self.request(control.SecretTest(name), self._tried)

    def _tried(self, reply: control.SecretTestReply) -> None:
        sign = "✓ It works" if reply.ok else "✕ It does not work"
        parts = [reply.detail, self.app.remedy(reply.hint), reply.invite]
        self.show_result(sign, "\n\n".join(filter(None, parts)))

    def action_backup(self) -> None:
        """Write everything to one file; secrets stay out of it."""

        day = time.strftime("%Y-%m-%d", time.localtime(self.app.clock()))
        default = str(Path.home() / f"mynah-{day}.zip")
        detail = "One file with everything but the secrets. `mynah restore` reads it."
        self.ask_file("Back up to which file?", detail, default, self._back_up)

    def _back_up(self, target: Path, overwrite: bool) -> None:
        self.app.tell("Writing the backup…")
        self.request(control.Backup(str(target), overwrite), self._backed_up)

    def _backed_up(self, reply: control.BackupReply) -> None:
        self.app.tell(f"Wrote {reply.file} ({format.size(reply.bytes)}).")

    def action_doctor(self) -> None:
        """Check for common problems."""
        self.request(control.Doctor(), self._diagnosed)

    def _diagnosed(self, reply: control.DoctorReply) -> None:
        lines = [_check(check, self.app.remedy(check.hint)) for check in reply.checks]
        self.show_result("Check-up", Content("\n").join(lines))


def _is_kept(status: control.StatusReply | None, name: str) -> bool:
    """Tell if the bot has a secret; it reports two of them."""
    if status is None:
        return False
    kept = {"bot_token": status.has_bot_token, "openai_key": status.has_openai_key}
    return kept.get(name, False)


def _secrets(status: control.StatusReply | None) -> Content:
    words = []
    for name in ("bot_token", "openai_key"):
        title, is_kept = SECRETS[name], _is_kept(status, name)
        sign = ("✓ ", "$success") if is_kept else ("○ ", "$quiet")
        said = "kept" if is_kept else "none"
        words.append(Content.assemble(sign, f"{title}: ", (said, "$quiet")))
    return Content("    ").join(words)


def _check(check: control.Check, hint: str) -> Content:
    sign = ("✓ ", "$success") if check.ok else ("✕ ", "$error")
    hint = safe_line(hint)
    return Content.assemble(
        sign,
        (f"{safe_line(check.name)}  ", "bold"),
        (safe_line(check.detail), "$quiet"),
        (f"\n  {hint}" if hint and not check.ok else "", "$accent"),
    )
