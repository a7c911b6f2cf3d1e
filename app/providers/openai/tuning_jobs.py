"""Tuning jobs at OpenAI: start one, follow it, and name the resulting model."""

from dataclasses import dataclass, field
from typing import Any

from app.core.errors import ProviderError
from app.core.names import GuildId
from app.providers.openai.provider import OpenAIProvider

EPOCHS = 3
"""Passes over the examples; OpenAI's own choice for some hundreds of them."""

LEAST_EXAMPLES = 10
"""The fewest examples that OpenAI accepts."""

OWN = "mynah_guild"
"""The metadata name for a job's guild."""


@dataclass(frozen=True)
class Order:
    """An order for a tuning: the model and its data."""

    guild: GuildId
    model: str
    train: bytes
    """JSON Lines."""
    validation: bytes
    tokens: int
    """The estimated tokens of all epochs."""
    cost: float
    """The estimated cost in US dollars."""
    guilds: frozenset[GuildId | None]
    """Every guild whose words are in the data."""
    is_preference: bool = False


@dataclass(frozen=True)
class TuningJob:
    """A tuning as its host describes it."""

    id: str
    state: str
    """validating_files, queued, running, succeeded, failed or cancelled."""
    model: str
    tuned_model: str | None
    tokens: int | None
    error: str
    events: list[tuple[float, str]] = field(default_factory=list)
    """(seconds since the epoch, text), oldest first."""


class CloudTuning:
    """The tuning jobs of one account."""

    def __init__(self, provider: OpenAIProvider) -> None:
        self._provider = provider

    async def start(self, order: Order) -> str:
        """Send the files, start the job and return its id.

        Raises:
            ProviderError: If the host is unreachable or refuses.
        """
        work = self._provider.work(
            order.guild,
            order.model,
            order.tokens,
            order.cost,
            order.guilds | {order.guild},
        )
        async with work as client:
            files = {}
            for name in ("train", "validation"):
                if data := getattr(order, name):
                    sent = await client.files.create(
                        file=(f"{name}.jsonl", data), purpose="fine-tune"
                    )
                    files[f"{name}ing_file" if name == "train" else f"{name}_file"] = (
                        sent.id
                    )
            hyper = {"hyperparameters": {"n_epochs": EPOCHS}}
            kind = "dpo" if order.is_preference else "supervised"
            method: Any = {"type": kind, kind: hyper}
            options: Any = {
                **files,
                "suffix": "mynah",
                "metadata": {OWN: str(order.guild)},
            }
            job = await client.fine_tuning.jobs.create(
                model=order.model, method=method, **options
            )
        return str(job.id)

    async def status(self, guild: GuildId, job: str | None) -> TuningJob:
        """Return the job with that id, or else the guild's newest.

        Raises:
            ProviderError: If there is no job, or the host is unreachable.
        """
        async with self._provider.work(guild, "") as client:
            if job is None:
                page = await client.fine_tuning.jobs.list(limit=50)
                own = [one for one in page.data if _guild_of(one) == str(guild)]
                if not own:
                    raise ProviderError("No tuning was started for this server.")
                found = own[0]
            else:
                found = await client.fine_tuning.jobs.retrieve(job)
            events = await client.fine_tuning.jobs.list_events(found.id, limit=50)
        return TuningJob(
            found.id,
            found.status,
            found.model,
            found.fine_tuned_model,
            found.trained_tokens,
            str(getattr(found.error, "message", None) or ""),
            sorted((float(one.created_at), one.message) for one in events.data),
        )


def _guild_of(job: object) -> str:
    return str((getattr(job, "metadata", None) or {}).get(OWN, ""))
