"""Writes the generated parts of the guides: `python -m tests.guides`."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import discord

from app.core.paths import TREE
from app.discord.cogs import COGS
from app.settings.host_presets import PRESETS, Preset
from app.settings.setting_keys import Key, keys

ROOT = Path(__file__).parent.parent
GUIDES = ROOT / "assets" / "guides"

PLACES = {"guild": "server"}
"""Words for people in place of words of the code."""

_PART = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)",
    re.DOTALL,
)


def settings() -> str:
    """Every setting, as a table."""
    rows = ["| setting | default | for | what it does |", "|---|---|---|---|"]
    return "\n".join([*rows, *map(_setting, keys().values())])


def _setting(key: Key) -> str:
    default = ", ".join(key.default) if isinstance(key.default, list) else key.default
    word = str(default).lower() if key.type is bool else default
    shown = f"`{word}`" if default != "" else "–"
    doc = key.doc
    if key.choices:
        doc += " One of " + ", ".join(f"`{choice}`" for choice in key.choices) + "."
    elif key.low is not None and key.high is not None:
        doc += f" From {key.low:g} to {key.high:,.10g}."
    scope = PLACES.get(key.scope, key.scope)
    return f"| `{key.name}` | {shown} | {scope} | {doc} |"


def slash_commands() -> str:
    """Every command that the cogs declare, as a table."""
    rows = ["| command | does |", "|---|---|"]
    for cog in COGS:
        for command in cog.__cog_commands__:
            rows += [f"| {cells} |" for cells in _command(command)]
    return "\n".join(rows)


def _command(command: object) -> Iterator[str]:
    if isinstance(command, discord.SlashCommandGroup):
        for inner in command.subcommands:
            yield from _command(inner)
    elif isinstance(command, discord.SlashCommand):
        # Before a cog is made, its commands count their context as an option.
        options = [one for one in command.options if one.name != "context"]
        says = [command.description.rstrip(".") + "."]
        says += [f"`{one.name}`: {one.description}" for one in options]
        yield f"`/{command.qualified_name}` | {' '.join(says)}"
    elif isinstance(command, discord.MessageCommand):
        doc = (command.callback.__doc__ or "").strip()
        yield f"*{command.name}* | {doc}"


def home() -> str:
    """What lies in a home."""
    width = max(map(len, TREE)) + 2
    lines = [f"{name:{width}}{what}" for name, what in TREE.items()]
    return "\n".join(["```", *lines, "```"])


def services() -> str:
    """The examples for the service managers."""
    parts = []
    for title, name in (
        ("systemd (Linux)", "mynah.service"),
        ("launchd (macOS)", "mynah.plist"),
        ("Task Scheduler (Windows)", "mynah-task.xml"),
    ):
        text = (ROOT / "assets" / "service" / name).read_text(encoding="utf-8")
        kind = {"service": "ini"}.get(name.rpartition(".")[2], "xml")
        parts.append(f"## {title}\n\n```{kind}\n{text.strip()}\n```")
    return "\n\n".join(parts)


def hosts() -> str:
    """A section for each host that owners use most."""
    return "\n\n".join(map(_host, PRESETS.values()))


def _host(preset: Preset) -> str:
    lines = [preset.before] if preset.before else []
    if preset.name == "openai":
        lines += [f"mynah config set openai.model {preset.model}"]
    else:
        lines.append(preset.example)
    key = "openai_key" if preset.name == "openai" else f"{preset.name}_key"
    if preset.needs_key:
        lines.append(f"mynah config set {key} < key.txt")
    lines += [f"mynah hosts test {preset.name}", f"mynah hosts use {preset.name}"]
    shown = "\n".join(lines)
    parts = [f"### {preset.title}", f"```sh\n{shown}\n```"]
    facts = [f"Its address is `{preset.base_url}`."] if preset.base_url else []
    if preset.key_variable:
        variable = f"The environment variable `{preset.key_variable}`"
        facts.append(f"{variable} comes before a stored key.")
    facts += [preset.note] if preset.note else []
    return "\n\n".join(
        [*parts, textwrap.fill(" ".join(facts), 94, break_on_hyphens=False)]
    )


GENERATED = {
    "hosts": hosts,
    "settings": settings,
    "slash commands": slash_commands,
    "home": home,
    "services": services,
}


def filled(text: str) -> str:
    """The guide with its generated parts as the code has them now."""
    return _PART.sub(
        lambda part: f"{part['begin']}\n{GENERATED[part['name']]()}\n\n{part['end']}",
        text,
    )


def main() -> None:
    """Bring every guide and the list of keys up to date."""
    from tests.tui.key_table import list_of_keys

    for path in sorted(GUIDES.glob("*.md")):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "assets/screens/keys.md").write_text(list_of_keys(), encoding="utf-8")


if __name__ == "__main__":
    main()
