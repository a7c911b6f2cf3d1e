"""The licences of everything that the packaged program holds, in one text."""

import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from app.core.paths import asset, bundle

FILES = re.compile(r"(licen[cs]e|copying|notice|copyright|authors)", re.IGNORECASE)
"""The names of files that hold a package's terms."""

RULE = "=" * 78

BESIDE = """\
llama.cpp and ggml (inside llama_cpp): MIT, Copyright (c) 2023-2026 The ggml authors.
SQLite: in the public domain.
OpenSSL (with Python): Apache License 2.0, text as under the packages of that licence.
SmolLM2 135M Instruct, the starter model: Apache License 2.0, HuggingFaceTB.
"""
"""Parts that come inside others, without a file of their own."""


def text() -> str:
    """Return all licences: the packaged program's list, else those of this checkout."""
    listed = asset("licences.txt")
    if listed.is_file():
        return listed.read_text(encoding="utf-8")
    return gather(roots())


def roots() -> list[str]:
    """Return what the program asks for, from its metadata or the checkout."""
    try:
        return distribution("mynah").requires or []
    except PackageNotFoundError:
        import tomllib

        with (bundle() / "pyproject.toml").open("rb") as file:
            found: list[str] = tomllib.load(file)["project"]["dependencies"]
        return found


def gather(requirements: list[str]) -> str:
    """Return the terms of this program, of Python and of every package needed here."""
    parts = [_part("Mynah", (bundle() / "LICENSE").read_text(encoding="utf-8"))]
    parts.append(_part(f"Python {sys.version.split()[0]}", _python()))
    for name in ("font", "embedding", "words"):
        file = asset(name) / "LICENSE"
        parts.append(_part(f"assets/{name}", file.read_text(encoding="utf-8")))
    parts.append(_part("Inside other parts", BESIDE))
    for found in sorted(needed(requirements), key=lambda one: one.name.lower()):
        told = "\n\n".join(_terms(found)) or "No text comes with it.\n"
        parts.append(_part(f"{found.name} {found.version} ({_named(found)})", told))
    return "\n".join(parts)


def needed(requirements: list[str]) -> list[Distribution]:
    """Return the installed packages that these requirements lead to, on this system."""
    found: dict[str, Distribution] = {}
    waiting = [(one, "") for one in requirements]
    while waiting:
        line, extra = waiting.pop()
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        key = re.sub(r"[-_.]+", "-", wanted.name).lower()
        try:
            one = found.get(key) or distribution(wanted.name)
        except PackageNotFoundError:
            continue
        is_new = key not in found
        found[key] = one
        extras = [*wanted.extras, *([""] if is_new else [])]
        waiting += [(deeper, each) for each in extras for deeper in one.requires or []]
    return list(found.values())


def _part(title: str, words: str) -> str:
    return f"{RULE}\n{title}\n{RULE}\n\n{words.strip()}\n"


def _named(package: Distribution) -> str:
    data = package.metadata
    classified = [
        line.rpartition("::")[2].strip()
        for line in data.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    told = [*(data.get_all("License-Expression") or data.get_all("License") or [])]
    short = told[0].strip().partition("\n")[0][:60] if told else ""
    return short or ", ".join(classified) or "see below"


def _terms(package: Distribution) -> Iterator[str]:
    for file in package.files or []:
        if FILES.search(file.name) and file.suffix in ("", ".txt", ".md", ".rst"):
            place = Path(str(file.locate()))
            if place.is_file():
                yield place.read_text(encoding="utf-8", errors="replace").strip()


def _python() -> str:
    for folder in (sysconfig.get_path("stdlib"), sys.base_prefix):
        for name in ("LICENSE.txt", "LICENSE"):
            if (file := Path(folder) / name).is_file():
                return file.read_text(encoding="utf-8", errors="replace")
    return (
        "Python Software Foundation License Version 2: https://docs.python.org/license"
    )
