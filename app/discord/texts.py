"""Texts about the bot: help, invitations, explanations, counts."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import discord

from app.chat.postprocess import neutralise
from app.core import labels
from app.core.explanation import DrawnMessage, Explanation
from app.core.invite_link import invite_url
from app.core.labels import ORIGINS, many
from app.discord.ports import LearnedFile
from app.service.voices.forgetter import Forgotten
from app.service.weekly_stats import GuildWeek
from app.service.words.guild_year import GuildYear, peak
from app.service.words.phrase_origin import PhraseOrigin
from app.settings.effective import ResolvedSetting
from app.settings.schema import Config
from app.settings.speech_sections import BotSettings
from app.store.members import Kept

PLACES = {**labels.PLACES, "own": "my owner's own host"}
"""The places of models, in words for everybody on a server."""

MAX_CHARS = 2000
MAX_ALT_CHARS = 1024
MAX_SOURCES = 5
MAX_QUOTE = 120
MAX_NOTES = 4
MAX_FAULTS = 4
MAX_PROBLEM = 900

FILE_REMEDY = (
    "Export it again or correct that place, then run `/train` with the new file."
    " Nothing is learned twice."
)

_AGREE = re.compile(
    r"mynah (?:config set reply\.provider|hosts use) ([\w-]+) --guild SERVER"
)


def _agree_here(command: re.Match[str]) -> str:
    """Return the slash command by which the owner agrees that words go to a host."""
    return f"/config set key:reply.provider value:{command[1]} agree:True"


def agree_here(text: str) -> str:
    """Name the slash command by which the owner agrees, instead of the command line."""
    return _AGREE.sub(_agree_here, text)


AGREE_AGAIN = "{question} Repeat the command with `agree: True` to agree."


def cut(text: str, most: int = MAX_CHARS) -> str:
    """Return at most `most` characters, with a mark for missing text."""
    return text if len(text) <= most else text[: most - 1] + "…"


def quote(text: str, most: int = MAX_QUOTE) -> str:
    """Return somebody's text on one line, without markup and harmless, for a list."""
    line = discord.utils.escape_markdown(" ".join(text.split()))
    return cut(neutralise(line)[0], most)


def help_text(bot: BotSettings, config: Config, listened: int, name: str) -> str:
    """Describe the available commands, as far as they are enabled."""
    lines = [
        f"**{name}** talks like this server: it learns from the channels a moderator"
        " chose, and joins that voice to a language model.",
        f"It listens to {many(listened, 'channel')} here."
        if listened
        else "It listens to no channel yet: use `/listen add` to start learning.",
        "",
        f"`/{bot.command}` or `{bot.prefix}`: say something"
        " (`seed`: how to start; `debug`: with the sources; `tts`: aloud).",
    ]
    lines += _ways_to_call(config)
    lines += [
        "`/privacy`: see, export or forget your stored data, or opt out.",
        "`/why`: why it spoke or kept quiet. On a reply: Apps → *Why this?*, *Again*.",
        "`/catchup`: what you missed here, for you alone.",
        "`/stop`: stop a reply. `/again`: replace the last one with another.",
        "`/quiet`: keep me quiet for a while. `/stats`: this server's week.",
        "",
        "Moderators: `/listen`, `/train`, `/lore`, `/config`, `/model`, and *Forget the"
        " sources* on a reply.",
    ]
    return "\n".join(lines)


def direct_help_text(
    name: str, refusal: str, voice: str = "", servers: Sequence[str] = ()
) -> str:
    """Describe what the bot does with direct messages.

    Args:
        refusal: The reason why it answers none.
        voice: The server in whose voice it answers.
        servers: All that could be chosen.
    """
    lines = [f"**{name}** talks like a server, in it and in direct messages."]
    if refusal:
        lines.append(refusal)
    else:
        lines.append(f"I answer you here in the voice of **{quote(voice)}**.")
    others = ", ".join(quote(one) for one in servers if one != voice)
    if others and not refusal:
        lines.append(f"`/direct` chooses another server that we are both in: {others}.")
    lines.append("I learn nothing from direct messages, and say only what is public.")
    lines.append("`/help` in a server shows what I do there.")
    return cut("\n".join(lines))


def _ways_to_call(config: Config) -> list[str]:
    speak = config.speak
    lines = []
    if speak.mentions:
        lines.append("Mention it or reply to it: it answers.")
    if speak.wake_words:
        words = ", ".join(f"“{quote(word)}”" for word in speak.wake_words)
        lines.append(f"It also answers to {words}.")
    if speak.follow_up_seconds:
        lines.append(f"After a reply it keeps talking for {speak.follow_up_seconds} s.")
    if speak.join_in:
        lines.append(
            f"It joins in on {speak.join_in:.0%} of messages here, if a line fits."
        )
    if speak.start_after_hours:
        hours = f"{speak.start_after_hours:g}"
        lines.append(f"It starts talk after {hours} hours without a message.")
    if speak.start_at:
        zone = datetime.now().astimezone().strftime("%Z, UTC%z")
        times = quote(", ".join(speak.start_at), 300)
        lines.append(f"It starts talk at set times ({zone}): {times}.")
    if speak.quiet_hours:
        lines.append(f"It is quiet from {speak.quiet_hours.replace('-', ' to ')}.")
    return lines


def invite_text(application_id: int, name: str) -> str:
    """Return the link that invites the bot to another server."""
    return f"[Invite {name} to your server]({invite_url(application_id)})"


def explanation(told: Explanation, *, is_voice: bool = False) -> str:
    """Put the row that explains a reply into words.

    Args:
        is_voice: It was said aloud, so that its words are not seen yet.
    """
    at = f" at {quote(told.host)}, {PLACES[told.reach]}" if told.host else ""
    lines = [f"It said: {quote(told.text, 600)}"] if is_voice else []
    lines += [
        f"Called by: {told.reason}.",
        f"Written by **{told.provider}**{at} ({told.mode}, voice {told.dial} %).",
    ]
    for rung in told.rungs:
        if rung.reason:
            reason = agree_here(rung.reason)
            lines.append(f"- {rung.provider}: {rung.outcome}, {reason}")
    lines += _time_lines(told.timings)
    lines += _source_lines(told.sources)
    if told.hidden:
        lines.append(f"> … and {told.hidden} from channels not shown here")
    lines += [f"- {quote(note, 300)}" for note in told.notes[:MAX_NOTES]]
    if told.recalled:
        lines.append(f"It recalled {len(told.recalled)} earlier messages.")
    if told.cost:
        lines.append(f"It cost ${told.cost:.4f}.")
    return cut("\n".join(lines))


def _time_lines(times: Mapping[str, float]) -> list[str]:
    if "total" not in times:
        return []
    stages = [f"{name} {time:.0f}" for name, time in times.items() if name != "total"]
    inside = f" ({', '.join(stages)})" if stages else ""
    return [f"It took {times['total']:.0f} ms{inside}."]


def _source_lines(sources: Sequence[DrawnMessage]) -> list[str]:
    if not sources:
        return []
    lines = ["Source messages:"]
    lines += [f"> {quote(source.text)}" for source in sources[:MAX_SOURCES]]
    if len(sources) > MAX_SOURCES:
        lines.append(f"> … and {len(sources) - MAX_SOURCES} more")
    return lines


def learned_file(name: str, learned: LearnedFile) -> str:
    """Tell what was learned from a file, and where and why something was not."""
    before = f"{forgotten(learned.gone)}\n" if learned.gone else ""
    if not learned.read:
        why = learned.faults or ("it holds no messages of this server",)
        return before + file_problem(name, _faults(why))
    text = (
        f"{before}Read {learned.read:,} messages of {quote(name)}, {learned.added:,} of"
    )
    text += " them new."
    if learned.faults:
        problem = file_problem(name, _faults(learned.faults))
        text += f"\nNot everything was learned. {problem}"
    return text


def file_problem(name: str, problem: str) -> str:
    """Name a file, what is wrong with it at which place, and the remedy."""
    return f"{quote(name)}: {quote(problem, MAX_PROBLEM).rstrip('.')}. {FILE_REMEDY}"


def _faults(faults: Sequence[str]) -> str:
    more = len(faults) - MAX_FAULTS
    shown = "; ".join(fault.rstrip(".") for fault in faults[:MAX_FAULTS])
    return f"{shown}; and {more} more faults" if more > 0 else shown


def forgotten(gone: Forgotten) -> str:
    """Describe the result of forgetting."""
    return (
        f"Forgotten: {gone.messages:,} messages, {gone.embeddings:,} embeddings,"
        f" {gone.replies:,} replies based on them."
        + (" No trace of it is left." if gone.complete else "")
    )


def proof(gone: Forgotten) -> str:
    """Tell a member what was searched after forgetting, and what was found."""
    return f" {' '.join(gone.receipt.in_words())}" if gone.receipt else ""


def kept_text(kept: Kept) -> str:
    """Tell a member what data is stored about them."""
    if kept.has_opted_out:
        state = "You opted out: nothing you write is learned, remembered or quoted."
    else:
        state = "You have not opted out; `/privacy opt-out` does that."
    if kept.ratings:
        state = f"Your ratings of {kept.ratings:,} replies are stored. {state}"
    if kept.facts:
        told = many(kept.facts, "fact")
        state = f"I noted {told} that you told of yourself: `/me show`. {state}"
    if not kept.messages:
        return f"No message of yours in this server is stored. {state}"
    return (
        f"Stored about you in this server: {kept.messages:,} messages"
        f" ({_day(kept.first)} to {_day(kept.last)}), {kept.learned:,} of them"
        f" learned, {kept.embeddings:,} with an embedding; your id only as a keyed"
        f" hash. {state}\n"
        "`/privacy export` gives it to you as a file, `/privacy forget` removes it."
    )


def _day(at_ms: int | None) -> str:
    return datetime.fromtimestamp((at_ms or 0) / 1000, UTC).date().isoformat()


def setting_lines(settings: Sequence[ResolvedSetting]) -> list[str]:
    """List settings with their values and origins, one per line."""
    lines = []
    for one in settings:
        value = shown(one.value, one.key.empty)
        lines.append(f"`{one.key.name}` = {value} ({ORIGINS[one.origin]})")
    return lines


def shown(value: object, empty: str = "none") -> str:
    """A setting's value as a person would type it; `empty` stands for an empty list."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return quote(", ".join(value)) or empty
    return quote(str(value)) or "empty"


def week_text(week: GuildWeek) -> str:
    """Describe a server's week, with the numbers of the picture."""
    if not sum(week.days):
        return "I have learned nothing here in the last seven days."
    lines = ["**The last seven days**"]
    if week.words:
        words = [f"{n} {quote(word)}" for n, (word, _) in enumerate(week.words, 1)]
        lines.append(f"Words of the week: {', '.join(words)}.")
    names = [
        f"{n} {quote(one.name, 40)} ({one.messages:,})"
        for n, one in enumerate(week.teachers, 1)
    ]
    lines.append(f"Taught me most: {', '.join(names)}.")
    lines.append(f"I learned {sum(week.days):,} messages and {_replied(week)}.")
    lines.append("Members who opted out with `/privacy opt-out` are not counted.")
    return cut("\n".join(lines))


def origin_text(origin: PhraseOrigin, guild: int) -> str:
    """Describe where a phrase came from, with a link to its first message."""
    first = origin.first
    where = f"#{quote(first.channel_name, 40)}"
    if origin.first_channel and first.external.isdigit():
        link = f"{guild}/{origin.first_channel}/{first.external}"
        where = f"https://discord.com/channels/{link}"
    lines = [
        f"**{quote(origin.phrase)}** was first said by {quote(first.name, 40)} on"
        f" <t:{first.ts // 1000}:D>: {where}"
    ]
    if origin.count > 1:
        about = "So far about " if origin.is_estimate else "So far "
        named = [f"{quote(name, 40)} ({count:,})" for name, count in origin.channels]
        lines.append(
            f"{about}{many(origin.count, 'message')} by"
            f" {many(origin.people, 'member')}: {', '.join(named)}."
        )
    else:
        lines.append("Nobody has said it since.")
    return cut("\n".join(lines))


VOICE_ALONE = "The voice writes alone here (`reply.mode` in `/config`), so"
"""The beginning of a sentence about what counts for nothing now."""


def told_alone(text: str, config: Config, effect: str) -> str:
    """Add to an answer what comes of it where no model reads a prompt."""
    is_alone = config.reply.mode == "markov"
    return f"{text}\n{VOICE_ALONE} {effect}." if is_alone else text


def year_texts(year: GuildYear) -> tuple[str, str]:
    """Describe a server's year: its times, and its words."""
    months = [count for _, count in year.months]
    month, hour = year.months[peak(months)][0], peak(year.hours)
    times = (
        f"**{year.title}**: {many(year.messages, 'message')} by"
        f" {many(year.people, 'member')}, most of them in {month} and from {hour}:00 to"
        f" {(hour + 1) % 24}:00 (UTC). I replied {many(year.replies, 'time')}."
    )
    lines = []
    if year.words:
        words = _numbered(year.words)
        lines.append(f"Said more here than elsewhere: {words}.")
    lines.append(f"Busiest channels: {_numbered(year.channels)}.")
    if year.best:
        liked = f"({year.best.likes:+,})"
        lines.append(f"My line that you liked most {liked}: {quote(year.best.text)}")
    lines.append("Members who opted out with `/privacy opt-out` are not counted.")
    return times, "\n".join(lines)


def _numbered(rows: Sequence[tuple[str, int]]) -> str:
    """List names with their counts, by the numbers that a picture has for them."""
    named = enumerate(rows, 1)
    return ", ".join(f"{n} {quote(name, 40)} ({count:,})" for n, (name, count) in named)


def _replied(week: GuildWeek) -> str:
    if not week.replies:
        return "said nothing"
    return (
        f"replied {week.replies:,} times ({week.liked:,} liked, {week.disliked:,} not),"
        f" half of them within {max(0.1, week.median_ms / 1000):.1f} s"
    )


def pages(lines: Sequence[str], most: int = MAX_CHARS) -> list[str]:
    """Join lines into as few messages as Discord's length allows."""
    joined: list[str] = []
    for line in lines:
        if joined and len(joined[-1]) + len(line) + 1 <= most:
            joined[-1] += "\n" + line
        else:
            joined.append(cut(line, most))
    return joined
