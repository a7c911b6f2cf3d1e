"""Reports for people: what writes and how it is, and what they missed."""

from collections.abc import Sequence

from app.core.labels import is_host, many
from app.discord.texts import PLACES, agree_here, quote
from app.ipc.control import Check, ModelEntry, StatusReply
from app.service.digest import MOST_MESSAGES, Digest
from app.settings.host_names import OPENAI
from app.settings.schema import Config


def state_lines(
    status: StatusReply, config: Config, *, is_for_owner: bool
) -> list[str]:
    """Tell what writes in a place, and how it is.

    Args:
        is_for_owner: Add costs and remedies, which concern the owner alone.
    """
    model, cloud, reply = status.model, status.cloud, config.reply
    names = reply.provider.split(", ")
    is_away = cloud.name in names and not reply.local_only
    where = ", then ".join(_where(one, status, config) for one in names)
    speed = status.tokens_per_second
    pace = f", {speed:.0f} tokens per second" if speed else ""
    lines = [
        f"Mode: `{reply.mode}`, voice {reply.dial} %. Model: {where}.",
        f"On the owner's computer: {quote(_short(model.name))} is"
        f" {model.state or 'unknown'}{pace}.",
        f"Waiting: {many(status.queue, 'reply')}."
        f" Made today: {many(status.today.replies, 'reply')}.",
    ]
    if is_for_owner:
        told = [(model.reason, model.hint)]
        told += [(cloud.reason, cloud.hint)] if is_away else []
        told += [(one.detail, one.hint) for one in status.troubles]
        lines += [_trouble(*reason) for reason in told if reason[0]]
        lines.append(f"The cloud cost ${status.month_cost:.2f} this month.")
    return lines


def _where(place: str, status: StatusReply, config: Config) -> str:
    cloud = status.cloud
    if not is_host(place):
        return "here"
    if place != cloud.name or config.reply.local_only:
        return f"at {quote(place)}"
    model = config.openai.model if place == OPENAI else cloud.model
    return f"{quote(model)} at {quote(cloud.host)}, {PLACES[cloud.reach]}"


def _short(name: str) -> str:
    """Return a model's name without the folders of the owner's computer."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _trouble(detail: str, hint: str) -> str:
    told = agree_here(f"{detail.rstrip('.')}. {hint}")
    return f"⚠ {quote(told, 400)}"


def model_lines(models: Sequence[ModelEntry]) -> list[str]:
    """List the models that are on the owner's computer."""
    lines = ["Choose one with `/model use`."]
    for one in models:
        speed = one.tokens_per_second
        pace = f", {speed:.0f} tokens per second" if speed else ""
        used = ", in use" if one.used else ""
        aside = f", set aside: {one.set_aside}" if one.set_aside else ""
        size = f"{one.bytes / 1e9:.1f} GB"
        lines.append(f"- {quote(one.name)}: {size}{pace}{used}{quote(aside, 300)}")
    return lines if models else ["There is no language model on the owner's computer."]


def check_lines(checks: Sequence[Check]) -> list[str]:
    """List the findings of the check-up, the problems first."""
    bad = [one for one in checks if not one.ok]
    good = [one.name for one in checks if one.ok]
    lines = [
        f"✕ {quote(one.name)}: {quote(f'{one.detail} {one.hint}', 600)}" for one in bad
    ]
    return [*lines, f"In order: {', '.join(good)}."]


def digest_lines(found: Digest, channel: str, link: str) -> list[str]:
    """Tell what somebody missed, with links to the messages.

    Args:
        link: The address of the channel on Discord.
    """
    since = f"<t:{found.since // 1000}:R>"
    when = f"your last message, {since}" if found.is_since_last_words else since
    if not found.messages:
        quiet = f"Nobody has written in {channel} since {when}."
        return [f"{quiet} Use `hours` to look further back."]
    people = "1 person" if found.people == 1 else f"{found.people} people"
    last = "the last " if found.messages >= MOST_MESSAGES else ""
    told = f"{last}{many(found.messages, 'message')} by {people}"
    lines = [f"**{channel}** since {when}: {told}."]
    if found.summary:
        by = f"Summed up at {quote(found.host)}. " if found.host else ""
        lines += [f"> {quote(found.summary, 600)}", f"{by}In their own words:"]
    elif found.is_model_small:
        lines.append("No model here is large enough to sum that up. What says most:")
    for one in found.lines:
        to = f" [↗]({link}/{one.message})" if one.message.isdigit() else ""
        lines.append(
            f"- {quote(one.name or 'someone', 40)}: {quote(one.text, 160)}{to}"
        )
    return lines
