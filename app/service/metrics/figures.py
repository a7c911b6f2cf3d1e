"""The figures of the running bot as OpenMetrics text; nobody is named in them."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import (
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.openmetrics.exposition import (
    CONTENT_TYPE_LATEST,
    generate_latest,
)
from prometheus_client.registry import Collector

from app import __version__
from app.ipc import control
from app.replies.request import MadeReply
from app.service.app_context import AppContext

CONTENT_TYPE = CONTENT_TYPE_LATEST

OUTCOMES = ("made", "draft", "silent", "stopped", "failed", "forgotten")
"""The ends that a reply can have, before it is sent."""

SECONDS = (0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 2.5, 4.0, 8.0, 15.0, 30.0)
"""Bounds of the times of replies; the deadlines of a model and a hybrid are in it."""

DISCORD_STATES = ("off", "connecting", "online", "waiting", "unreachable", "refused")
MODEL_STATES = ("absent", "idle", "loading", "ready", "crashed")


class Metrics(Collector):
    """Counts replies from now on, and reads the rest when it is asked."""

    def __init__(
        self,
        context: AppContext,
        discord: Callable[[], control.DiscordStatus],
        latest: Callable[[], control.LastHourMoment | None],
    ) -> None:
        """`latest` returns the figures that were noted last."""
        self._context = context
        self._discord = discord
        self._latest = latest
        self._registry = registry = CollectorRegistry()
        self._replies = Counter(
            "mynah_replies", "Replies by their end.", ["outcome"], registry=registry
        )
        for outcome in OUTCOMES:
            self._replies.labels(outcome)
        self._rungs = Counter(
            "mynah_rungs",
            "Providers that were tried for replies; late ones passed the deadline.",
            ["provider", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "mynah_reply_seconds",
            "Time from the message to the whole reply.",
            ["mode"],
            unit="seconds",
            buckets=SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "mynah_tokens",
            "Tokens of replies: read, of these not read again, and written.",
            ["provider", "kind"],
            registry=registry,
        )
        registry.register(self)

    def note(self, outcome: str, made: MadeReply | None) -> None:
        """Count a reply at its end."""
        self._replies.labels(outcome).inc()
        if made is None:
            return
        for rung in made.answer.rungs:
            self._rungs.labels(rung.provider, rung.outcome).inc()
        self._seconds.labels(made.mode).observe(made.timings["total"] / 1000)
        done, provider = made.answer.completion, made.answer.provider
        for kind, number in (
            ("read", done.prompt_tokens),
            ("cached", done.cached_tokens),
            ("written", done.completion_tokens),
        ):
            self._tokens.labels(provider, kind).inc(number)

    def text(self) -> bytes:
        """Return all figures of this moment."""
        text: bytes = generate_latest(self._registry)  # type: ignore[no-untyped-call]
        return text

    def collect(self) -> Iterator[Metric]:
        """Yield the figures that are not counted but read."""
        yield InfoMetricFamily("mynah", "The program.", {"version": __version__})
        yield from self._of_replies()
        yield from self._of_money()
        yield from self._of_processes()
        yield from self._of_discord()

    def _of_replies(self) -> Iterator[Metric]:
        local = self._context.local.status()
        waiting = local.queue + self._context.replier.waiting
        yield GaugeMetricFamily("mynah_queue", "Replies that wait.", waiting)
        speed = GaugeMetricFamily(
            "mynah_model_tokens_per_second",
            "Speed of the model here, as last measured.",
            labels=["kind"],
        )
        speed.add_metric(["read"], local.prompt_tokens_per_second)
        speed.add_metric(["written"], local.tokens_per_second)
        yield speed
        yield _states("mynah_model_state", MODEL_STATES, local.model.state)

    def _of_money(self) -> Iterator[Metric]:
        ledger, budgets = self._context.ledger, self._context.settings.home.openai
        spent = GaugeMetricFamily(
            "mynah_spent_dollars",
            "US dollars spent since the day or the month began, UTC.",
            labels=["period"],
            unit="dollars",
        )
        spent.add_metric(["day"], ledger.today())
        spent.add_metric(["month"], ledger.month())
        yield spent
        budget = GaugeMetricFamily(
            "mynah_budget_dollars",
            "The budgets of the home in US dollars; 0 means no limit.",
            labels=["period"],
            unit="dollars",
        )
        budget.add_metric(["day"], budgets.daily_budget)
        budget.add_metric(["month"], budgets.monthly_budget)
        yield budget

    def _of_processes(self) -> Iterator[Metric]:
        memory = GaugeMetricFamily(
            "mynah_process_memory_bytes",
            "Memory of the bot, the model and other processes of Mynah.",
            labels=["process"],
            unit="bytes",
        )
        processor = GaugeMetricFamily(
            "mynah_process_processor_ratio",
            "Share of one processor that they took in the last seconds.",
            labels=["process"],
            unit="ratio",
        )
        latest = self._latest()
        for use in latest.processes if latest else ():
            memory.add_metric([use.name], use.bytes)
            processor.add_metric([use.name], use.processor / 100)
        yield from (memory, processor)
        troubles = len(self._context.troubles.every)
        yield GaugeMetricFamily("mynah_troubles", "Faults that are not over.", troubles)

    def _of_discord(self) -> Iterator[Metric]:
        status = self._discord()
        yield _states("mynah_discord_state", DISCORD_STATES, status.state)
        up = GaugeMetricFamily(
            "mynah_shard_up",
            "1 if Discord answers on the connection of a shard.",
            labels=["shard"],
        )
        latency = GaugeMetricFamily(
            "mynah_shard_latency_seconds",
            "Time that the last heartbeat of a shard took.",
            labels=["shard"],
            unit="seconds",
        )
        for shard in status.shards:
            up.add_metric([str(shard.number)], float(shard.is_up))
            if shard.latency_ms is not None:
                latency.add_metric([str(shard.number)], shard.latency_ms / 1000)
        yield from (up, latency)


def _states(name: str, every: tuple[str, ...], now: str) -> StateSetMetricFamily:
    doc = f"One of {', '.join(every)}."
    return StateSetMetricFamily(name, doc, {one: one == now for one in every})
