"""A menu of the model hosts: find, add, use, test, give a key to, or remove one."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from app.core.errors import AppError
from app.core.safe_text import safe_line, safe_text
from app.ipc import control
from app.settings import consent
from app.settings.host_names import section_of
from app.tui import format, settings_list
from app.tui.base import MynahScreen
from app.tui.widgets.dialogs import AskText, Confirm, Pick, ask_name

FIND, ADD = "+find", "+add"
USE, TEST, KEY, MODEL, REMOVE = "use", "test", "key", "model", "remove"


class HostMenu:
    """Asks one small question after another."""

    def __init__(self, screen: MynahScreen, done: Callable[[], None]) -> None:
        """`done` is called after a change."""
        self._screen = screen
        self._done = done

    def open(self) -> None:
        """List the hosts; none is contacted."""
        self._screen.request(control.Hosts(), self._show)

    def _show(self, reply: control.HostsReply) -> None:
        hosts = {host.name: host for host in reply.hosts}
        options = [(_line(host), host.name) for host in reply.hosts]
        options += [("Find hosts on this computer", FIND), ("Add a host", ADD)]

        def picked(name: str | None) -> None:
            if name == FIND:
                self._find()
            elif name == ADD:
                self._add()
            elif name is not None:
                self._choose(hosts[name])

        self._screen.app.push_screen(Pick("Model hosts", options), picked)

    def _choose(self, host: control.HostEntry) -> None:
        key = "Enter another key" if host.has_key else "Enter its key"
        options = [
            ("Have it write replies", USE),
            ("Ask it for a word", TEST),
            (key, KEY),
            ("Choose its model", MODEL),
        ]
        if host.name != "openai":
            options.append(("Remove it", REMOVE))

        def picked(action: str | None) -> None:
            if action == USE:
                settings_list.set_value(
                    self._screen, "reply.provider", host.name, self._done
                )
            elif action == TEST:
                self.test(host.name)
            elif action == KEY:
                self.ask_key(host.key_name)
            elif action == MODEL:
                self._ask_model(host)
            elif action == REMOVE:
                self._remove(host)

        detail = (
            self._screen.app.remedy(safe_line(host.trouble))
            or f"Its price: {host.price}."
        )
        pick = Pick(_line(host), options, detail=detail)
        self._screen.app.push_screen(pick, picked)

    def test(self, name: str) -> None:
        """Ask a host for a word."""
        self._screen.request(control.HostTest(name), self._tell)

    def _tell(self, reply: control.HostTestReply | control.SecretTestReply) -> None:
        title = "✓ The host answers" if reply.ok else "✕ It does not work"
        text = f"{reply.detail}\n\n{reply.hint}".strip()
        self._screen.show_result(title, self._screen.app.remedy(safe_text(text)))

    def ask_key(self, name: str) -> None:
        """Enter a key, and test it with one call."""

        def entered(value: str | None) -> None:
            if value and value.strip():
                request = control.SecretSet(name, value.strip())
                self._screen.request(request, lambda _: self.test_key(name))

        detail = "It is stored on this computer and tested with one tiny call."
        dialog = AskText(f"{name}: paste it here", detail, is_secret=True)
        self._screen.app.push_screen(dialog, entered)

    def test_key(self, name: str) -> None:
        """Make one tiny call with a key."""

        def tried(reply: control.SecretTestReply) -> None:
            self._tell(reply)
            self._done()

        self._screen.request(control.SecretTest(name), tried)

    def _ask_model(self, host: control.HostEntry) -> None:
        words = (f"Which model of {host.name}?", "As the host names it.")
        name = f"{section_of(host.name)}.model"
        settings_list.ask_text(self._screen, name, words, host.model, self._done)

    def _remove(self, host: control.HostEntry) -> None:
        def remove() -> None:
            request = control.HostRemove(host.name)
            self._screen.request(request, lambda _: self._done())

        question = f"Remove {host.name}?"
        detail = (
            "Its settings and its key are deleted. You cannot undo this. Type the"
            " host's name to confirm."
        )
        ask_name(self._screen.app, question, detail, host.name, remove, "removed")

    def _find(self) -> None:
        self._screen.app.tell("Knocking at the usual ports of this computer…")
        self._screen.request(control.HostsFind(), self._offer)

    def _offer(self, reply: control.HostsFindReply) -> None:
        found = {host.name: host for host in reply.hosts if not host.is_known}
        if not found:
            self._screen.app.tell("No new host answers on this computer.")
            return

        def picked(name: str | None) -> None:
            if name is not None:
                host = found[name]
                model = host.models[0] if host.models else ""
                self._put(control.HostAdd(host.name, host.address, model))

        options = [
            (safe_line(f"{host.title} at {host.address}"), host.name)
            for host in found.values()
        ]
        self._screen.app.push_screen(Pick("Add which host?", options), picked)

    def _add(self, typed: str = "", refusal: str = "") -> None:
        def entered(text: str | None) -> None:
            def refused(error: AppError) -> None:
                self._add(text or "", safe_line(str(error)))

            name, _, address = (text or "").strip().partition(" ")
            if name:
                self._put(control.HostAdd(name, address.strip()), refused)

        detail = (
            "A known name, such as openrouter, groq or mistral; or a name and an"
            " address: big-pc http://gpu.lan:8000/v1/"
        )
        dialog = AskText("Add which host?", detail, typed, refusal=refusal)
        self._screen.app.push_screen(dialog, entered)

    def _put(
        self,
        request: control.HostAdd,
        refused: Callable[[AppError], None] | None = None,
    ) -> None:
        def added(host: control.HostEntry) -> None:
            self._screen.app.tell(f"{host.name} is added.")
            self._done()
            if host.reach == "cloud" and not host.needs_key and not request.is_own:
                self._ask_whose(request, host)
            else:
                self._choose(host)

        self._screen.request(request, added, refused=refused)

    def _ask_whose(self, request: control.HostAdd, host: control.HostEntry) -> None:
        """Ask if a host that no preset knows is a computer of the owner's."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._put(replace(request, is_own=True, agreed=True))
            else:
                self._choose(host)

        name = urlsplit(host.address).hostname or host.host
        question = f"Is {safe_line(name)} a computer of your own?"
        detail = consent.what_own_means(safe_line(name))
        self._screen.app.push_screen(Confirm(question, detail, "It is mine"), answered)


def _line(host: control.HostEntry) -> str:
    mark = "●" if host.servers else "○"
    place = format.where(host.reach)
    return safe_line(f"{mark} {host.name}  {host.host or host.address}, {place}")
