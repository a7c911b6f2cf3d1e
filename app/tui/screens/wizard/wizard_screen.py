"""First steps: a checklist that ticks itself, and may stay unfinished."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.core.paths import SAMPLES, sample_file
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Request
from app.tui import format
from app.tui.event_buffer import is_done
from app.tui.widgets.dialogs import AskText, Pick

if TYPE_CHECKING:
    from app.tui.app import MynahApp

T = TypeVar("T")

STARTER = "starter"
TICK_SECONDS = 0.25

ROOMY = 30
"""The height from which an empty line fits between two steps."""

KEYS = "enter starts a step · esc leaves · <w home.app.wizard> on Home brings you back"

TOKEN_STEPS = """\
1. Open discord.com/developers/applications and press New Application.
2. On the page Bot, switch on “Message Content Intent”, and save.
3. On the same page press Reset Token, and copy the token.

Paste it here. It is stored on this computer and never shown again."""


@dataclass(frozen=True)
class ChecklistStep:
    """One line of the checklist."""

    name: str
    title: str
    says: str
    is_done: bool


class WizardScreen(ModalScreen[None]):
    """A checklist whose steps can be done in any order, later, or never."""

    app: "MynahApp"
    CSS_PATH = "wizard_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Later", show=False),
        Binding("p", "pause", "Pause/resume the fetch", show=False),
        Binding("x", "stop", "Stop the fetch", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._models: control.ModelsReply | None = None
        self._asked_for = ""
        """The model that the figures were asked for last."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", can_focus=False):
            yield Static("Welcome to Mynah", id="welcome")
            yield Static(
                "A bot that talks like your server, on your own computer. No account "
                "is needed to try it.",
                classes="quiet",
            )
            yield OptionList(id="steps", markup=False)
            yield Static("", id="doing", markup=False)
            yield Static("", id="keys", classes="quiet", markup=False)

    def on_mount(self) -> None:
        self._tick()
        self.query_one(OptionList).focus()
        self.set_interval(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        """Follow the running work, whose steps tick themselves."""
        self._look_for_better()
        self._show()
        running = [job for job in self.app.progress.values() if not is_done(job)]
        words = "\n".join(progress_line(job) for job in running[:2])
        if self._fetching:
            words += "\np pauses and resumes the fetch · x stops it"
        if not self.app.link_state.is_up:
            words = (
                f"the bot is {self.app.link_state.name}… {self.app.link_state.reason}"
            )
        self.query_one("#doing", Static).update(Content(words))
        self.query_one("#keys", Static).update(self.app.with_keys(KEYS))

    @property
    def _fetching(self) -> control.Progress | None:
        """The fetch that goes on or is paused."""
        jobs = self.app.progress.values()
        pulls = (job for job in jobs if job.work == "pull" and job.job)
        return next((job for job in pulls if not is_done(job)), None)

    def action_pause(self) -> None:
        """Pause the fetch, or take it up again."""
        if pull := self._fetching:
            self.app.steer(pull, "resume" if pull.paused else "pause")

    def action_stop(self) -> None:
        """Stop the fetch; the step fetches the rest."""
        if pull := self._fetching:
            self.app.steer(pull, "stop")

    def _look_for_better(self) -> None:
        """Ask once for each loaded model what this computer can do with others."""
        model = self.app.status.model if self.app.status else None
        if model and model.state == "ready" and model.name != self._asked_for:
            self._asked_for = model.name

            def take(reply: control.ModelsReply) -> None:
                self._models = reply

            self._ask(control.Models(), take)

    @property
    def _steps(self) -> list[ChecklistStep]:
        return steps(self.app.status, self.app.guilds, self._models)

    def _show(self) -> None:
        options = self.query_one(OptionList)
        gap = "\n" if self.size.height >= ROOMY else ""
        prompts = {s.name: Content.assemble(gap, _prompt(s)) for s in self._steps}
        chosen = options.highlighted_option
        if [option.id for option in options.options] != [*prompts]:
            options.set_options(Option(p, id=name) for name, p in prompts.items())
            is_kept = chosen is not None and chosen.id in prompts
            name = chosen.id if chosen and is_kept else None
            options.highlighted = options.get_option_index(name) if name else 0
        for name, prompt in prompts.items():
            if options.get_option(name).prompt != prompt:
                options.replace_option_prompt(name, prompt)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        actions = {
            "sample": self._do_sample,
            "model": lambda: self._fetch(STARTER),
            "better": self._do_better,
            "token": self._do_token,
            "invite": self._do_invite,
            "channels": self._do_channels,
        }
        actions[event.option_id or ""]()

    def _do_sample(self) -> None:
        """Choose a sample server, learn it, and talk to it."""

        def picked(name: str | None) -> None:
            if name is not None:
                learn = control.Import(name, [str(sample_file(name))])
                self._play(name, lambda: self._ask(learn, lambda _: self._play(name)))

        options = [(f"{name}: {says}", name) for name, says in SAMPLES.items()]
        self.app.push_screen(Pick("Which sample server?", options), picked)

    def _play(self, name: str, learn: Callable[[], None] | None = None) -> None:
        """Talk to a sample server, or learn it where it is not there."""

        def found(reply: control.GuildsReply) -> None:
            rows = (guild.row for guild in reply.guilds if guild.guild == name)
            self.app.talk_with = next(rows, None)
            if learn and self.app.talk_with is None:
                learn()
                return
            self.dismiss()
            self.app.call_after_refresh(self.app.action_go, "playground")

        self._ask(control.Guilds(name), found)

    def _do_better(self) -> None:
        """Use the best model for this computer; it is fetched if it is not here."""
        if not self._models:
            return
        best = self._models.best
        if any(one.present for one in self._models.models if one.name == best):
            self._use(best)
        else:
            self._fetch(best)

    def _fetch(self, name: str) -> None:
        if (pull := self._fetching) and pull.label == name:
            self.app.steer(pull, "resume")
            return
        self._ask(control.ModelPull(name), lambda _: self._use(name))

    def _use(self, name: str) -> None:
        self._ask(control.ModelUse(name), lambda _: self._tell_state())

    def _tell_state(self) -> None:
        """Tell what the bot says of the model, which may still be loading."""
        status = self.app.status
        is_ready = status is not None and status.model.state == "ready"
        ready, later = "is ready", "is here. Mynah loads it before the next reply"
        self.app.tell(f"The language model {ready if is_ready else later}.")

    def _do_token(self) -> None:
        """Enter the bot token, and test it once."""

        def entered(value: str | None) -> None:
            if value and value.strip():
                request = control.SecretSet("bot_token", value.strip())
                self._ask(request, lambda _: self._try_token())

        dialog = AskText("Connect a Discord bot", TOKEN_STEPS, is_secret=True)
        self.app.push_screen(dialog, entered)

    def _try_token(self) -> None:
        presses = self.app.presses

        def tried(reply: control.SecretTestReply) -> None:
            title = "✓ Discord knows this bot" if reply.ok else "✕ Not yet"
            parts = [reply.detail, self.app.remedy(reply.hint)]
            text = "\n\n".join(filter(None, parts))
            self.app.show_result(self, title, text, presses)
            if reply.ok:
                self._ask(control.Reconnect(), lambda _: None)

        self._ask(control.SecretTest("bot_token"), tried)

    def _do_invite(self) -> None:
        """Show the link that invites the bot to a server."""
        self.app.show_invite(self)

    def _do_channels(self) -> None:
        """Choose the channels for listening and speaking."""
        on_discord = [guild.row for guild in self.app.guilds if guild.id]
        self.app.chosen_guild = on_discord[0] if on_discord else None
        self.app.chosen_section = "channels"
        self.dismiss()
        self.app.call_after_refresh(self.app.action_go, "guild")

    def _ask(self, request: Request[T], then: Callable[[T], None]) -> None:
        async def run() -> None:
            reply = await self.app.link.call(request)
            await self.app.refresh_all()
            then(reply)

        # Another step may be done while a model is being fetched.
        self.app.run_link(run, exclusive=False)


def steps(
    status: control.StatusReply | None,
    guilds: list[control.GuildFigures],
    models: control.ModelsReply | None = None,
) -> list[ChecklistStep]:
    """Return the checklist in its present state.

    Args:
        models: The models as measured here; None before that.
    """
    status = status or control.StatusReply()
    on_discord = any(guild.id for guild in guilds)
    return [
        ChecklistStep(
            "sample",
            "Talk to a sample server",
            "works now: no network, no account",
            bool(guilds),
        ),
        ChecklistStep(
            "model",
            "Fetch the starter language model",
            _measured(models) or "98 MB; adds meaning to the voice",
            status.model.state in ("ready", "idle", "loading"),
        ),
        *_better(models),
        ChecklistStep(
            "token",
            "Connect a Discord bot",
            "your own bot token, stored on this computer",
            status.has_bot_token,
        ),
        ChecklistStep(
            "invite",
            "Invite it to your server",
            "the link, with the permissions it needs",
            status.discord.state == "online" and on_discord,
        ),
        ChecklistStep(
            "channels",
            "Choose where it listens and speaks",
            "channels, voice and how often it joins in",
            any(guild.id and guild.messages > 0 for guild in guilds),
        ),
    ]


def _measured(models: control.ModelsReply | None) -> str:
    """Return how soon the model in use answers here; empty if that is not known."""
    used = [one for one in models.models if one.used] if models else []
    if not used or not used[0].answer_seconds:
        return ""
    name = format.model_name(used[0].name)
    return f"{name} answers in about {format.answer_time(used[0].answer_seconds)} here"


def _better(models: control.ModelsReply | None) -> list[ChecklistStep]:
    """Offer the best model for this computer, unless it is in use."""
    for one in models.models if models else []:
        if models and one.name == models.best and not one.used:
            says = f"{format.size(one.bytes)}; the best for this computer"
            if one.answer_seconds:
                says += f": answers in about {format.answer_time(one.answer_seconds)}"
            verb = "Use" if one.present else "Fetch"
            title = f"{verb} the model {format.model_name(one.name)}"
            return [ChecklistStep("better", title, says, False)]
    return []


def progress_line(job: control.Progress) -> str:
    """Describe running work in one line."""
    share = format.done(job)
    bar, pace = format.bar(share, 18), format.pace(job)
    return f"{safe_line(job.label)[:24]:<24} {bar} {share:4.0%} {pace}"


def _prompt(step: ChecklistStep) -> Content:
    sign = ("✓ ", "$success") if step.is_done else ("○ ", "$accent")
    return Content.assemble(sign, (step.title, "bold"), "\n  ", (step.says, "$quiet"))
