"""Models: choose, fetch and switch models, here or in the cloud."""

from operator import attrgetter
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from app.core.names import typed_path
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control import ModelEntry, ModelsReply, ModelTestReply, Progress
from app.tui import format, settings_list
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents, is_done
from app.tui.screens.models import model_lines
from app.tui.screens.models.host_menu import HostMenu
from app.tui.screens.models.hub_menu import HubMenu
from app.tui.widgets.choice import Choice
from app.tui.widgets.dialogs import AskText, Confirm
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

LOOK_SECONDS = 600
"""A look into the folders of other programs does for this long."""


class ModelsScreen(MynahScreen):
    """The catalogue above, and the source of replies below."""

    NAME = "models"
    CSS_PATH = "models_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "pull", "Fetch"),
        Binding("s", "search", "Search hub"),
        Binding("p", "pause", "Pause/resume"),
        Binding("u", "use", "Use"),
        Binding("L", "load", "Load/unload"),
        Binding("m", "measure", "Measure"),
        Binding("x", "remove", "Stop/remove"),
        Binding("o", "own", "Own file"),
        Binding("l", "where", "Local/cloud"),
        Binding("h", "hosts", "Hosts"),
        Binding("k", "key", "API key"),
        Binding("c", "test_cloud", "Test call"),
        Binding("e", "tune", "Tune"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._memory = 0.0
        self._best = ""
        self._without_best = ""
        self._seen_used = ""
        self._listed: list[ModelEntry] = []
        self._found: list[ModelEntry] = []
        """The models of other programs."""

    def compose_body(self) -> ComposeResult:
        yield Feed(
            self._draw,
            attrgetter("name"),
            id="catalogue",
            head=model_lines.head,
            empty=EMPTY + ("" if self.app.is_watching else ASK_IT),
        )
        yield Static("", id="note", markup=False)
        with Horizontal(id="where-row"):
            yield Static("Replies come from  ", classes="title")
            yield Choice(("local", "openai"), id="where")
            yield Static("", id="cloud", markup=False)
        yield settings_list.feed("tunable")

    def on_mount(self) -> None:
        self.query_one("#where").disabled = self.app.is_watching
        self.query_one("#catalogue").focus()

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.request(control.Models(), self._take, "models")
            found = control.ModelsFound(within=LOOK_SECONDS)
            self.request(found, self._take_found, "found")
            self.request(control.ConfigGet(), self._take_settings, "config")

    def status_changed(self) -> None:
        status = self.app.status
        choice = self.query_one(Choice)
        choice.offer(*model_lines.places(status))
        self.query_one("#cloud", Static).update(
            model_lines.cloud_line(
                status, self.app.advice(" (<k models.key>)"), self.app.remedy
            )
        )
        catalogue = self.query_one("#catalogue", Feed)
        self._tell_again()
        if not catalogue.items:
            self.refresh_data()

    def hear(self, news: NewEvents) -> None:
        pulls = [p for p in news.progress.values() if p.work == "pull"]
        if any(is_done(pull) for pull in pulls):
            self.refresh_data()
        if pulls:
            self._tell_again()
            self.refresh_bindings()

    def _tell_again(self) -> None:
        """Draw the models anew, and the note on the one under the cursor."""
        catalogue = self.query_one("#catalogue", Feed)
        catalogue.refresh()
        if self._model and self.focused is catalogue:
            self._tell_of(self._model)

    def _take(self, reply: ModelsReply) -> None:
        self._listed = reply.models
        self._memory, self._best = reply.memory_gigabytes, reply.best
        self._without_best = reply.without_best
        self._show()

    def _take_found(self, reply: control.ModelsFoundReply) -> None:
        self._found = reply.models
        self._show()

    def _show(self) -> None:
        """List the catalogue and own files, then the models of other programs."""
        elsewhere = {model.name for model in self._found}
        models = [model for model in self._listed if model.name not in elsewhere]
        models += self._found
        used = [at for at, model in enumerate(models) if model.used]
        feed = self.query_one("#catalogue", Feed)
        # When it changes, most people want to see the model in use.
        name = models[used[0]].name if used else ""
        at = used[0] if name != self._seen_used and used else None
        self._seen_used = name
        feed.show(models, at)

    def _take_settings(self, reply: control.ConfigGetReply) -> None:
        found = settings_list.items(reply, ("home", "guild", "channel"))
        feed = self.query_one("#tunable", Feed)
        chosen = [item for item in found if item.key.name in TUNABLE]
        feed.show(chosen)

    def _draw(self, model: ModelEntry, width: int) -> Content:
        pull = self.app.progress.get(("pull", model.name))
        return model_lines.draw(model, pull, width, is_best=model.name == self._best)

    @on(Feed.Moved, "#catalogue")
    def _explain(self, event: Feed.Moved) -> None:
        self._tell_of(event.item)
        self.refresh_bindings()

    def _tell_of(self, model: ModelEntry) -> None:
        has = f"{self._memory:.1f} GB of memory here" if self._memory else ""
        parts = [self._without_best.rstrip("."), model.note, model.licence, has]
        if model.name == self._best and not model.used:
            key = self.app.advice(USE_IT if model.present else FETCH_IT)
            parts.insert(0, f"the best for this computer{key}")
        if model.fetched and not self._fetch:
            key = self.app.advice(": <f models.pull> fetches the rest")
            parts.insert(0, f"{model.fetched:.0%} of it is here{key}")
        if told := self._memory_of(model):
            parts.insert(0, told)
        if model.set_aside:
            parts = [
                self.app.advice("press <u models.use> to try again"),
                model.set_aside,
            ]
        text = ". ".join(part[:1].upper() + part[1:] for part in parts if part)
        self.query_one("#note", Static).update(Content(safe_line(text)))

    @on(Feed.Moved, "#tunable")
    def _explain_setting(self, event: Feed.Moved) -> None:
        if self.focused is event.feed:
            how = self.app.advice(settings_list.CHANGES)
            explained = settings_list.explained(event.item, how)
            self.query_one("#note", Static).update(explained)

    @on(Feed.Chosen, "#tunable")
    def _change(self, event: Feed.Chosen) -> None:
        settings_list.change(self, event.item, self.refresh_data)

    @property
    def _model(self) -> ModelEntry | None:
        found: ModelEntry | None = self.query_one("#catalogue", Feed).item
        return found

    @property
    def _is_loaded(self) -> bool:
        """True if the model in use is in memory, or on its way there."""
        status = self.app.status
        return status is not None and status.model.state in ("ready", "loading")

    def _is_in_use(self, model: ModelEntry) -> bool:
        return (
            model.used and model.present and model.kind == "llm" and not model.set_aside
        )

    def _memory_of(self, model: ModelEntry) -> str:
        """Say if the model in use is loaded."""
        status = self.app.status
        if status is None or not self._is_in_use(model):
            return ""
        told, advice = MEMORY.get(status.model.state, ("", ""))
        return told + self.app.advice(advice)

    @property
    def _fetch(self) -> Progress | None:
        """The fetch of the chosen model, while it goes on or is paused."""
        pull = self.app.progress.get(("pull", self._model.name if self._model else ""))
        return pull if pull and pull.job and not is_done(pull) else None

    @property
    def _has_part(self) -> bool:
        """True if an earlier fetch left a part of the chosen model."""
        model = self._model
        return model is not None and not model.present and model.fetched > 0

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with the chosen model."""
        if not self.is_mounted:
            return True
        model, fetch = self._model, self._fetch
        is_here = model is not None and model.present
        # What another program keeps is not Mynah's to delete.
        is_own = is_here and model is not None and not model.title
        is_at_rest = fetch is None or fetch.paused
        fits = {
            "pause": fetch is not None,
            "pull": model is not None and not is_here and is_at_rest,
            "use": is_here,
            "load": model is not None and self._is_in_use(model),
            "measure": is_here,
            "remove": is_own or fetch is not None or self._has_part,
        }
        return (
            fits[action] if action in fits else super().check_action(action, parameters)
        )

    def action_pause(self) -> None:
        """Pause the fetch of the chosen model, or take it up again."""
        if pull := self._fetch:
            self.app.steer(pull, "resume" if pull.paused else "pause")

    @on(Feed.Chosen, "#catalogue")
    def _chosen(self) -> None:
        if self.app.refuses():
            return
        if self._model and self._model.present:
            self.action_use()
        else:
            self.action_pull()

    def action_pull(self) -> None:
        """Fetch the chosen model; a paused, stopped or failed fetch continues."""
        model = self._model
        if model is None:
            return
        if pull := self._fetch:
            if pull.paused:
                self.app.steer(pull, "resume")
            else:
                self.app.tell(self.app.with_keys(UNDER_WAY))
        else:
            self._offer_pull(model, model.name)

    def _offer_pull(self, model: ModelEntry, address: str) -> None:
        """Fetch a model; one that is too large only if the owner wants it."""
        if model.fits is not False:
            self._pull(model.name, address)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._pull(model.name, address)

        detail = f"It needs {model.ram_gigabytes} GB; replies may be slow."
        question = "Fetch a model that is too large for this computer?"
        self.app.push_screen(Confirm(question, detail, "Fetch"), answered)

    def _pull(self, name: str, address: str) -> None:
        self.app.tell(f"Fetching {name}…")
        done = f"{name} is here."
        self.request(control.ModelPull(address), lambda _: self._done(done))
        if name != address:
            # Its line comes with the fetch.
            self.query_one("#catalogue", Feed).go_to(name)
            self.refresh_data()

    def action_search(self) -> None:
        """Search the hub for models, by words that go there, and fetch one."""
        HubMenu(self, self._offer_pull).open()

    def _done(self, words: str) -> None:
        self.app.tell(words)
        self.refresh_data()

    def action_use(self) -> None:
        """Use the chosen model from now on."""
        if model := self._model:
            done = f"{safe_line(model.title or model.name)} answers from now on."
            self.request(control.ModelUse(model.name), lambda _: self._done(done))

    def action_load(self) -> None:
        """Load the model in use, or free its memory until the next reply."""
        load = not self._is_loaded
        if load:
            self.app.tell("Loading the model…")
        self.request(control.ModelLoad(load), self._loaded)

    def _loaded(self, reply: control.ModelLoadReply) -> None:
        name = safe_line(format.model_name(reply.name))
        later = "unloaded. The next reply loads it again."
        self._done(f"{name} is {'loaded.' if reply.loaded else later}")
        self.app.run_link(self.app.refresh_all, exclusive=False)

    def action_measure(self) -> None:
        """Measure how fast the chosen model is on this machine."""
        if model := self._model:
            self.app.tell("Measuring. This takes a few seconds…")
            self.request(control.ModelTest(model.name), self._measured)

    def _measured(self, reply: ModelTestReply) -> None:
        read, write = reply.prompt_tokens_per_second, reply.tokens_per_second
        self._done(f"It reads {read:.0f} and writes {write:.0f} tokens a second.")

    def action_remove(self) -> None:
        """Stop the fetch of the chosen model, or else delete its file."""
        if pull := self._fetch:
            self.app.steer(pull, "stop")
            return
        model = self._model
        if model is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                request = control.ModelRemove(model.name)
                self.request(request, lambda _: self._done("Removed."))

        freed = model.bytes * (model.fetched if self._has_part else 1.0)
        what = "what is here" if self._has_part else "the file"
        detail = f"{format.size(freed)} are freed."
        question = f"Delete {what} of {safe_line(model.name)}?"
        self.app.push_screen(Confirm(question, detail, "Delete"), answered)

    def action_own(self) -> None:
        """Use one of the owner's own GGUF files."""
        self._ask_own()

    def _ask_own(self, typed: str = "", refusal: str = "") -> None:
        """Ask for a file; one that cannot be used stays there to be changed."""

        def chosen(path: str | None) -> None:
            if path and path.strip():
                # The bot that reads it may run in another directory.
                file = str(typed_path(path.strip()).absolute())
                self.request(
                    control.ModelUse(file),
                    lambda _: self._done("It answers from now on."),
                    refused=lambda error: self._ask_own(path, str(error)),
                )

        detail = (
            "Use files only from people you trust: a bad one can harm this computer."
        )
        dialog = AskText("Which GGUF file?", detail, typed, refusal=refusal)
        self.app.push_screen(dialog, chosen)

    @on(Choice.Changed)
    def action_where(self, event: Choice.Changed | None = None) -> None:
        """Switch between the model here and the cloud."""
        status = self.app.status
        now = status.provider if status else "local"
        first = now.split(", ")[0]
        elsewhere = status.cloud.name if status else "openai"
        wanted = event.value if event else elsewhere if first == "local" else "local"
        self.query_one(Choice).value = now
        if wanted == elsewhere and format.lacks_key(status):
            self.app.tell(self.app.with_keys(NO_KEY))
            return
        settings_list.set_value(self, "reply.provider", wanted, self.refresh_data)

    @property
    def _hosts(self) -> HostMenu:
        return HostMenu(self, self.refresh_data)

    def action_hosts(self) -> None:
        """Find, add, use, test or remove model hosts."""
        self._hosts.open()

    def action_key(self) -> None:
        """Enter the API key of the host in use, and test it with one call."""
        status = self.app.status
        self._hosts.ask_key(status.cloud.key_name if status else "openai_key")

    def action_test_cloud(self) -> None:
        """Make one tiny call to the host in use."""
        status = self.app.status
        self._hosts.test(status.cloud.name if status else "openai")

    def action_tune(self) -> None:
        """Edit context, threads, offload, and the cloud's address, model and budget."""
        self.query_one("#tunable").focus()


EMPTY = "The catalogue comes from the bot."
ASK_IT = " Start it on Home (<s home.start_or_stop>)."
USE_IT = ": <u models.use> uses it"
FETCH_IT = ": <f models.pull> fetches it"
MEMORY = {
    "ready": ("loaded", ": <L models.load> frees its memory"),
    "loading": ("loading", ": <L models.load> stops that"),
    "idle": ("not loaded: the next reply loads it", ", or <L models.load>"),
}
"""Words for the state of the model in use, and the key that changes it."""

UNDER_WAY = (
    "It is being fetched: <p models.pause> pauses it, <x models.remove> stops it."
)
NO_KEY = "The cloud needs an API key first: press <k models.key> to enter one."
