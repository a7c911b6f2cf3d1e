"""Models: which one fits this machine, fetching, switching, and the cloud."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from app.ipc import control
from app.ipc.control import Progress
from app.ipc.wire import Json
from app.safe_text import safe_line
from app.tui import figures, tuning
from app.tui.base import MynahScreen
from app.tui.news import News
from app.tui.widgets.choice import Choice
from app.tui.widgets.dialogs import AskText, Confirm, Detail, Pick
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
"""Settings of the model and the cloud that are changed here, too."""


class ModelsScreen(MynahScreen):
    """The catalogue above, where replies come from below."""

    NAME = "models"
    CSS_PATH = "models.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "pull", "Fetch"),
        Binding("u", "use", "Use"),
        Binding("m", "measure", "Measure"),
        Binding("x", "remove", "Remove"),
        Binding("o", "own", "Own file", show=False),
        Binding("l", "where", "Cloud"),
        Binding("k", "key", "Key"),
        Binding("c", "test_cloud", "Test cloud", show=False),
        Binding("e", "tune", "Tune"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._memory = 0.0

    def compose_body(self) -> ComposeResult:
        yield Static("", id="machine", markup=False)
        yield Feed(self._draw, id="catalogue")
        yield Static("", id="note", markup=False)
        with Vertical(id="where-box"):
            yield Static("Where the model runs", classes="title")
            yield Choice(("local", "openai"), id="where")
            yield Static("", id="cloud", markup=False)

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.request(control.Models(), self._take, "models")

    def status_changed(self) -> None:
        status = self.app.status
        self.query_one(Choice).value = status.get("provider") or "local"
        self.query_one("#cloud", Static).update(_cloud(status))
        if not self.query_one(Feed).items:
            self.refresh_data()

    def hear(self, news: News) -> None:
        pulls = [p for p in news.progress.values() if p.work == "pull"]
        if any(pull.finished for pull in pulls):
            self.refresh_data()
        if pulls:
            self.query_one(Feed).refresh()

    def _take(self, reply: Json) -> None:
        self._memory = reply.get("memory_gigabytes") or 0.0
        about = f"This machine has {self._memory:.1f} GB of memory."
        self.query_one("#machine", Static).update(about if self._memory else "")
        feed = self.query_one(Feed)
        feed.show(reply.get("models", []), max(0, feed.cursor))

    def _draw(self, model: Json, width: int) -> Content:
        pull = self.app.progress.get(("pull", str(model.get("name"))))
        return draw(model, pull, width)

    @on(Feed.Moved)
    def _explain(self, event: Feed.Moved) -> None:
        model: Json = event.item
        parts = [model.get("note"), model.get("licence")]
        text = ". ".join(str(part) for part in parts if part)
        self.query_one("#note", Static).update(Content(safe_line(text)))

    @property
    def _model(self) -> Json:
        found: Json = self.query_one(Feed).item or {}
        return found

    @on(Feed.Chosen)
    def _chosen(self) -> None:
        if self._model.get("present"):
            self.action_use()
        else:
            self.action_pull()

    def action_pull(self) -> None:
        """Fetch the chosen model; an interrupted fetch goes on where it was."""
        model = self._model
        if not model or model.get("present"):
            self.app.tell("It is here already; u uses it.")
        elif model.get("fits") is False:
            detail = f"It needs {model.get('ram_gigabytes')} GB; replies may be slow."
            question = "Fetch a model that is too large for this machine?"
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
        """Answer with the chosen model from now on."""
        if name := self._model.get("name"):
            done = f"{name} answers from now on."
            self.request(control.ModelUse(name), lambda _: self._done(done))

    def action_measure(self) -> None:
        """Measure how fast the chosen model is on this machine."""
        name = self._model.get("name")
        if name and self._model.get("present"):
            self.app.tell("Measuring; this takes a few seconds…")
            self.request(control.ModelTest(name), self._measured)

    def _measured(self, reply: Json) -> None:
        read = reply.get("prompt_tokens_per_second") or 0
        write = reply.get("tokens_per_second") or 0
        self._done(f"It reads {read:.0f} and writes {write:.0f} tokens a second.")

    def action_remove(self) -> None:
        """Delete the chosen model's file."""
        model = self._model
        if not model.get("present"):
            return

        def answered(yes: bool | None) -> None:
            if yes:
                request = control.ModelRemove(model["name"])
                self.request(request, lambda _: self._done("Removed."))

        detail = f"{figures.size(model.get('bytes') or 0)} are freed."
        question = f"Delete the file of {model['name']}?"
        self.app.push_screen(Confirm(question, detail, "Delete"), answered)

    def action_own(self) -> None:
        """Use a GGUF file of one's own."""

        def chosen(path: str | None) -> None:
            if path and path.strip():
                request = control.ModelUse(path.strip())
                self.request(request, lambda _: self._done("It answers from now on."))

        detail = "A file from people you trust: a crafted one can harm this computer."
        self.app.push_screen(AskText("Which GGUF file?", detail), chosen)

    @on(Choice.Changed)
    def action_where(self, event: Choice.Changed | None = None) -> None:
        """Let the model run on this machine, or in the cloud."""
        now = self.app.status.get("provider") or "local"
        wanted = event.value if event else "openai" if now == "local" else "local"
        self.query_one(Choice).value = now
        if wanted == "openai" and not self.app.status.get("has_openai_key"):
            self.app.tell("The cloud needs an API key first: k enters one.")
            return
        tuning.set_value(self, "reply.provider", wanted, self.refresh_data)

    def action_key(self) -> None:
        """Enter the API key, and make one test call with it."""

        def entered(value: str | None) -> None:
            if value and value.strip():
                request = control.SecretSet("openai_key", value.strip())
                self.request(request, lambda _: self.action_test_cloud())

        detail = "It is kept by this computer and tried once with a tiny call."
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
        """Change context, threads, offload, the cloud's address, model and budget."""
        self.request(control.ConfigGet(), self._offer)

    def _offer(self, reply: Json) -> None:
        found = tuning.items(reply, ("home", "guild", "channel"))
        chosen = [item for item in found if item.key.name in TUNABLE]
        lines = [
            f"{item.key.name:<24}{tuning.shown_value(item.value)}" for item in chosen
        ]

        def picked(at: int | None) -> None:
            if at is not None:
                tuning.change(self, chosen[at], self.refresh_data)

        self.app.push_screen(Pick("Change what?", lines), picked)


def draw(model: Json, pull: Progress | None, width: int) -> Content:
    """One model: its state, size, whether it fits, and its speed."""
    sign, word, colour = _state(model)
    need = model.get("ram_gigabytes") or 0
    fits = model.get("fits")
    fit = "" if fits is None else "fits" if fits else "too large"
    speed = model.get("tokens_per_second")
    name = Content(safe_line(figures.model_name(str(model.get("name", "")))))
    parts: list[Content | tuple[str, str] | str] = [
        (f"{sign} ", colour),
        name.truncate(20, ellipsis=True, pad=True).stylize("bold"),
        (f" {word:<10}", colour),
        f"{figures.size(model.get('bytes') or 0):>9}",
    ]
    if pull and not pull.finished:
        share = pull.done / pull.total if pull.total else 0.0
        rate = figures.size(pull.rate)
        parts += ["  ", (figures.bar(share, 16), "$accent"), f" {share:.0%} {rate}/s"]
    else:
        parts.append((f"  needs {need:g} GB {fit:<10}", "$quiet"))
        parts.append(f"{speed:.0f} tok/s" if speed else "")
    if pull and pull.error:
        parts.append((f"  ✕ {safe_line(pull.error)}", "$error"))
    return Content.assemble(*parts)


def _state(model: Json) -> tuple[str, str, str]:
    if model.get("used"):
        return "●", "in use", "$accent"
    if model.get("present"):
        return "✓", "here", "$success"
    return "○", "not here", "$quiet"


def _cloud(status: Json) -> Content:
    key = "an API key is kept" if status.get("has_openai_key") else "no API key yet (k)"
    budget = status.get("monthly_budget") or 0
    spent = figures.money(status.get("month_cost") or 0)
    limit = f" of {figures.money(budget)}" if budget else ", no limit set"
    return Content.styled(f"Cloud: {key}; {spent}{limit} spent this month", "$quiet")
