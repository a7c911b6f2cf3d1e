"""Models: choose, fetch and switch models, here or in the cloud."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control import Progress
from app.ipc.wire import Json
from app.tui import format, settings_list
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.widgets.choice import Choice
from app.tui.widgets.dialogs import AskText, Confirm, Detail
from app.tui.widgets.feed import Feed

TUNABLE = (
    "model.context",
    "model.threads",
    "model.gpu_layers",
    "model.idle_minutes",
    "openai.base_url",
    "openai.model",
    "openai.daily_budget",
    "openai.monthly_budget",
)
"""Settings of the model and the cloud that this screen can change."""


class ModelsScreen(MynahScreen):
    """The catalogue above, and the source of replies below."""

    NAME = "models"
    CSS_PATH = "models_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "pull", "Fetch"),
        Binding("u", "use", "Use"),
        Binding("m", "measure", "Measure"),
        Binding("x", "remove", "Remove"),
        Binding("o", "own", "Own file"),
        Binding("l", "where", "Local/cloud"),
        Binding("k", "key", "API key"),
        Binding("c", "test_cloud", "Test call"),
        Binding("e", "tune", "Tune"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._memory = 0.0
        self._seen_used = ""

    def compose_body(self) -> ComposeResult:
        yield Feed(self._draw, id="catalogue", head=head, empty=EMPTY)
        yield Static("", id="note", markup=False)
        with Horizontal(id="where-row"):
            yield Static("Replies come from  ", classes="title")
            yield Choice(("local", "openai"), id="where")
            yield Static("", id="cloud", markup=False)
        yield Feed(settings_list.draw, id="tunable", head=settings_list.head)

    def on_mount(self) -> None:
        self.query_one("#catalogue").focus()

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.request(control.Models(), self._take, "models")
            self.request(control.ConfigGet(), self._take_settings, "config")

    def status_changed(self) -> None:
        status = self.app.status
        self.query_one(Choice).value = status.get("provider") or "local"
        self.query_one("#cloud", Static).update(_cloud(status))
        if not self.query_one("#catalogue", Feed).items:
            self.refresh_data()

    def hear(self, news: NewEvents) -> None:
        pulls = [p for p in news.progress.values() if p.work == "pull"]
        if any(pull.finished for pull in pulls):
            self.refresh_data()
        if pulls:
            self.query_one("#catalogue").refresh()

    def _take(self, reply: Json) -> None:
        memory = reply.get("memory_gigabytes") or 0.0
        models = reply.get("models", [])
        used = [at for at, model in enumerate(models) if model.get("used")]
        feed = self.query_one("#catalogue", Feed)
        # When it changes, most people want to see the model in use.
        name = str(models[used[0]].get("name")) if used else ""
        at = used[0] if name != self._seen_used else max(0, feed.cursor)
        self._seen_used, self._memory = name, memory
        feed.show(models, at)

    def _take_settings(self, reply: Json) -> None:
        found = settings_list.items(reply, ("home", "guild", "channel"))
        feed = self.query_one("#tunable", Feed)
        chosen = [item for item in found if item.key.name in TUNABLE]
        feed.show(chosen, max(0, feed.cursor))

    def _draw(self, model: Json, width: int) -> Content:
        pull = self.app.progress.get(("pull", str(model.get("name"))))
        return draw(model, pull, width)

    @on(Feed.Moved, "#catalogue")
    def _explain(self, event: Feed.Moved) -> None:
        model: Json = event.item
        has = f"This computer has {self._memory:.1f} GB" if self._memory else ""
        parts = [model.get("note"), model.get("licence"), has]
        if aside := model.get("set_aside"):
            parts = ["press u to try again", aside]
        text = ". ".join(str(part) for part in parts if part)
        self.query_one("#note", Static).update(Content(safe_line(text)))

    @on(Feed.Moved, "#tunable")
    def _explain_setting(self, event: Feed.Moved) -> None:
        if self.focused is event.feed:
            self.query_one("#note", Static).update(settings_list.explained(event.item))

    @on(Feed.Chosen, "#tunable")
    def _change(self, event: Feed.Chosen) -> None:
        settings_list.change(self, event.item, self.refresh_data)

    @property
    def _model(self) -> Json:
        found: Json = self.query_one("#catalogue", Feed).item or {}
        return found

    @on(Feed.Chosen, "#catalogue")
    def _chosen(self) -> None:
        if self._model.get("present"):
            self.action_use()
        else:
            self.action_pull()

    def action_pull(self) -> None:
        """Fetch the chosen model; an interrupted fetch continues."""
        model = self._model
        if not model or model.get("present"):
            self.app.tell("It is already here; press u to use it.")
        elif model.get("fits") is False:
            detail = f"It needs {model.get('ram_gigabytes')} GB; replies may be slow."
            question = "Fetch a model that is too large for this computer?"
            self.app.push_screen(Confirm(question, detail, "Fetch"), self._pull)
        else:
            self._pull(True)

    def _pull(self, yes: bool | None) -> None:
        if yes:
            name = self._model["name"]
            self.app.tell(f"Fetching {name}…")
            done = f"{name} is here."
            self.request(control.ModelPull(name), lambda _: self._done(done))

    def _done(self, words: str) -> None:
        self.app.tell(words)
        self.refresh_data()

    def action_use(self) -> None:
        """Use the chosen model from now on."""
        if name := self._model.get("name"):
            done = f"{name} answers from now on."
            self.request(control.ModelUse(name), lambda _: self._done(done))

    def action_measure(self) -> None:
        """Measure how fast the chosen model is on this machine."""
        name = self._model.get("name")
        if name and self._model.get("present"):
            self.app.tell("Measuring. This takes a few seconds…")
            self.request(control.ModelTest(name), self._measured)
        else:
            self.app.tell("It is not here yet: press f to fetch it.")

    def _measured(self, reply: Json) -> None:
        read = reply.get("prompt_tokens_per_second") or 0
        write = reply.get("tokens_per_second") or 0
        self._done(f"It reads {read:.0f} and writes {write:.0f} tokens a second.")

    def action_remove(self) -> None:
        """Delete the chosen model's file."""
        model = self._model
        if not model.get("present"):
            self.app.tell("It is not here, so there is nothing to remove.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                request = control.ModelRemove(model["name"])
                self.request(request, lambda _: self._done("Removed."))

        detail = f"{format.size(model.get('bytes') or 0)} will be freed."
        question = f"Delete the file of {model['name']}?"
        self.app.push_screen(Confirm(question, detail, "Delete"), answered)

    def action_own(self) -> None:
        """Use one of the owner's own GGUF files."""

        def chosen(path: str | None) -> None:
            if path and path.strip():
                request = control.ModelUse(path.strip())
                self.request(request, lambda _: self._done("It answers from now on."))

        detail = (
            "Use files only from people you trust: a bad one can harm this computer."
        )
        self.app.push_screen(AskText("Which GGUF file?", detail), chosen)

    @on(Choice.Changed)
    def action_where(self, event: Choice.Changed | None = None) -> None:
        """Switch between the model here and the cloud."""
        now = self.app.status.get("provider") or "local"
        wanted = event.value if event else "openai" if now == "local" else "local"
        self.query_one(Choice).value = now
        if wanted == "openai" and not self.app.status.get("has_openai_key"):
            self.app.tell("The cloud needs an API key first: press k to enter one.")
            return
        settings_list.set_value(self, "reply.provider", wanted, self.refresh_data)

    def action_key(self) -> None:
        """Enter the API key, and test it with one call."""

        def entered(value: str | None) -> None:
            if value and value.strip():
                request = control.SecretSet("openai_key", value.strip())
                self.request(request, lambda _: self.action_test_cloud())

        detail = "It is stored on this computer and tested with one tiny call."
        dialog = AskText("API key: paste it here", detail, is_secret=True)
        self.app.push_screen(dialog, entered)

    def action_test_cloud(self) -> None:
        """Make one tiny call to the cloud."""

        def tried(reply: Json) -> None:
            title = "✓ The cloud answers" if reply.get("ok") else "✕ It does not work"
            words = f"{reply.get('detail') or ''}\n\n{reply.get('hint') or ''}"
            self.app.push_screen(Detail(title, words.strip()))

        self.request(control.SecretTest("openai_key"), tried)

    def action_tune(self) -> None:
        """Edit context, threads, offload, and the cloud's address, model and budget."""
        self.query_one("#tunable").focus()


EMPTY = "The catalogue comes from the bot: start it on Home (s)."


def head(width: int) -> str:
    """Return the titles above the catalogue."""
    return f"  {'model':<22} {'state':<10}{'file':>9}  {'memory':<19}  speed here"


def draw(model: Json, pull: Progress | None, width: int) -> Content:
    """Draw one model: its state, size, fit and speed."""
    sign, word, colour = _state(model)
    speed = model.get("tokens_per_second")
    name = Content(safe_line(format.model_name(str(model.get("name", "")))))
    parts: list[Content | tuple[str, str] | str] = [
        (f"{sign} ", colour),
        name.truncate(22, ellipsis=True, pad=True).stylize("bold"),
        (f" {word:<10}", colour),
        f"{format.size(model.get('bytes') or 0):>9}",
    ]
    if pull and not pull.finished:
        share = pull.done / pull.total if pull.total else 0.0
        rate = format.size(pull.rate)
        parts += ["  ", (format.bar(share, 16), "$accent"), f" {share:.0%} {rate}/s"]
    else:
        parts.append((f"  {_need(model):<19}  ", "$quiet"))
        parts.append(f"{speed:.0f} tok/s" if speed else "")
    if pull and pull.error:
        parts.append((f"  ✕ {safe_line(pull.error)}", "$error"))
    return Content.assemble(*parts)


def _need(model: Json) -> str:
    """Return the memory it needs, and whether it fits."""
    need, fits = model.get("ram_gigabytes") or 0, model.get("fits")
    words = {None: "", True: ", fits", False: ", too large"}[fits]
    return f"{need:g} GB{words}" if need else "unknown"


def _state(model: Json) -> tuple[str, str, str]:
    if model.get("set_aside"):
        return "✕", "set aside", "$error"
    if model.get("used"):
        return "●", "in use", "$accent"
    if model.get("present"):
        return "✓", "here", "$success"
    return "○", "not here", "$quiet"


def _cloud(status: Json) -> Content:
    key = (
        "an API key is stored" if status.get("has_openai_key") else "no API key yet (k)"
    )
    budget = status.get("monthly_budget") or 0
    spent = format.money(status.get("month_cost") or 0)
    limit = f" of {format.money(budget)}" if budget else ", no limit set"
    return Content.styled(f"   {key}; {spent}{limit} spent this month", "$quiet")
