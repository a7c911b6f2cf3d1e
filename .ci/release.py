"""Writes what stands beside the programs of a release, from version and checksums.

python .ci/release.py platform            the name of this computer's kind
python .ci/release.py sbom FROM TO        adds what is no Python package
python .ci/release.py notes VERSION       the changelog's part, on standard output
python .ci/release.py sums FOLDER         SHA256SUMS of all files there
python .ci/release.py sign FOLDER         SHA256SUMS.sig, by MYNAH_SIGNING_KEY
python .ci/release.py manifests FOLDER TARGET REPOSITORY
python .ci/release.py version TAG         fails unless the program has this version
"""

import base64
import hashlib
import json
import os
import platform
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / ".ci" / "manifests"
SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
PROCESSORS = {"amd64": "x86_64", "aarch64": "arm64"}


def kind() -> str:
    """Return this computer's kind, such as linux-x86_64, as files are named by it."""
    machine = platform.machine().lower()
    return f"{SYSTEMS[sys.platform]}-{PROCESSORS.get(machine, machine)}"


def check_version(tag: str) -> None:
    """Refuse a tag that is not the program's version."""
    text = (ROOT / "app" / "__init__.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.M)
    if tag != f"v{version}":
        raise SystemExit(f"The tag is {tag}, and the program's version {version}.")


def notes(version: str) -> str:
    """Return the changelog's section of a version, else the unreleased one."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for name in (version, "Unreleased"):
        found = re.search(
            rf"^## \[{re.escape(name)}\].*?\n(.*?)(?=^## |\Z)", text, re.M | re.S
        )
        if found and found[1].strip():
            return found[1].strip() + "\n"
    raise SystemExit(f"CHANGELOG.md has nothing of {version}.")


def sbom(source: Path, target: Path) -> None:
    """Add the models and the native libraries to cyclonedx-py's list."""
    told = json.loads(source.read_text(encoding="utf-8"))
    told["components"] += [*models(), *native()]
    told["components"].sort(
        key=lambda one: (one["name"].lower(), one.get("version", ""))
    )
    target.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def models() -> list[dict]:
    """Return the models inside the program, with their checksums."""
    lines = (ROOT / "models.txt").read_text(encoding="utf-8").splitlines()
    (starter,) = (line.split("|") for line in lines if line.startswith("starter "))
    cells = [cell.strip() for cell in starter]
    sums = (ROOT / "assets" / "embedding" / "SHA256SUMS").read_text(encoding="utf-8")
    (digest,) = re.findall(r"^(\w+)  model\.onnx$", sums, re.M)
    return [
        model(cells[3].rpartition("/")[2], cells[4], cells[6]),
        model("all-MiniLM-L6-v2.onnx", digest, "Apache-2.0"),
    ]


def model(name: str, digest: str, licence: str) -> dict:
    """Return one model as CycloneDX names it."""
    return {
        "type": "machine-learning-model",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"id": licence}}],
    }


def native() -> list[dict]:
    """Return Python, SQLite and OpenSSL, as this interpreter has them."""
    import sqlite3
    import ssl

    versions = {
        "cpython": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "openssl": ssl.OPENSSL_VERSION.split()[1],
    }
    return [
        {"type": "library", "name": name, "version": version}
        for name, version in versions.items()
    ]


def sums(folder: Path) -> str:
    """Write SHA256SUMS of every file of a release, as `sha256sum --check` reads it."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith("SHA256SUMS")
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")
    return "".join(lines)


def sign(folder: Path) -> None:
    """Sign SHA256SUMS, as `mynah update` checks it: Ed25519, in Base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = base64.b64decode(os.environ["MYNAH_SIGNING_KEY"])
    signed = Ed25519PrivateKey.from_private_bytes(key).sign(
        (folder / "SHA256SUMS").read_bytes()
    )
    (folder / "SHA256SUMS.sig").write_text(base64.b64encode(signed).decode() + "\n")


def manifests(folder: Path, place: Path, repository: str) -> list[Path]:
    """Fill the templates of the package managers; return the written files."""
    known = dict(
        reversed(line.split())
        for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    program = re.compile(r"mynah-[\d.]+-\w+-\w+(\.exe)?")
    programs = [name for name in known if program.fullmatch(name)]
    if not programs:
        raise SystemExit(f"{folder / 'SHA256SUMS'} names no program.")
    version = programs[0].split("-")[1]
    values = {
        "version": version,
        "repository": repository,
        "owner": repository.partition("/")[0],
        "url": f"https://github.com/{repository}/releases/download/v{version}",
    }
    for name in programs:
        values[name.split("-", 2)[2].removesuffix(".exe").replace("-", "_")] = known[
            name
        ]
    written = []
    for template in sorted(path for path in TEMPLATES.rglob("*") if path.is_file()):
        target = place / template.relative_to(TEMPLATES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled(template, values), encoding="utf-8", newline="\n")
        written.append(target)
    return written


def filled(template: Path, values: dict[str, str]) -> str:
    """Put the values in place of `{{name}}`.

    Raises:
        SystemExit: If a release lacks what the manifest asks for.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise SystemExit(
                f"{template.name} needs {found[1]}, which is not released."
            )
        return values[found[1]]

    return re.sub(r"\{\{(\w+)\}\}", value, template.read_text(encoding="utf-8"))


def main(words: list[str]) -> None:
    """Do what the words say."""
    match words:
        case ["platform"]:
            print(kind())
        case ["sbom", source, target]:
            sbom(Path(source), Path(target))
        case ["notes", version]:
            print(notes(version), end="")
        case ["sums", folder]:
            print(sums(Path(folder)), end="")
        case ["sign", folder]:
            sign(Path(folder))
        case ["manifests", folder, place, repository]:
            for path in manifests(Path(folder), Path(place), repository):
                print(path)
        case ["version", tag]:
            check_version(tag)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
