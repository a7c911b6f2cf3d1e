"""README and guides say what the program does."""

import re
from pathlib import Path

import pytest

from app import cli
from app.core.guides import TOPICS, all_guides, find_guide
from app.core.paths import TREE
from app.core.safe_text import safe_text
from app.core.secrets import ENVIRONMENT
from app.settings.setting_keys import keys
from tests.guides import GENERATED, filled

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = ROOT / "assets" / "guides"
PAGES = {
    "README.md": README,
    **{f"assets/guides/{guide.topic}.md": guide.text for guide in all_guides()},
}
EVERYTHING = "\n".join(PAGES.values())

SECRETS = {*ENVIRONMENT}
FILES = r"(?:toml|json|jsonl|md|txt|gguf|zip|html|key|db|log|example|plist)"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_generated_parts_of_a_guide_are_those_of_the_code(topic: str):
    text = find_guide(topic).text
    assert text == filled(text), "run `python -m tests.guides`"


@pytest.mark.parametrize("name", GENERATED)
def test_every_generated_part_is_in_one_guide(name: str):
    assert EVERYTHING.count(f"<!-- generated: {name} -->") == 1
    assert GENERATED[name]() in EVERYTHING


def test_every_guide_is_listed_in_the_program_and_in_the_readme():
    assert {path.stem for path in GUIDES.glob("*.md")} == set(TOPICS)
    for topic in TOPICS:
        assert f"| [{topic}](assets/guides/{topic}.md) |" in README


def test_the_home_is_explained_file_by_file():
    for name, what in TREE.items():
        line = rf"^{re.escape(name)} +{re.escape(what)}$"
        assert re.search(line, find_guide("files").text, re.MULTILINE), name


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_explained(name: str):
    command = cli.load(name).NAME
    assert re.search(rf"`mynah {command}\b", find_guide("command-line").text)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str):
    known = {cli.load(name).NAME for name in cli.COMMANDS}
    for word in re.findall(r"(?:^|[`/ ])mynah ([a-z]+)\b", PAGES[page], re.MULTILINE):
        assert word in known, word


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_named_exists(page: str):
    sections = {name.partition(".")[0] for name in keys()}
    named = re.findall(rf"(?<![\w.])((?:{'|'.join(sections)})\.[a-z_]+)\b", PAGES[page])
    for name in named:
        is_file = re.fullmatch(rf".*\.{FILES}", name)
        assert name in keys() or is_file or f"{name}…" in PAGES[page], name


@pytest.mark.parametrize("page", PAGES)
def test_every_value_that_is_set_is_one_that_the_setting_takes(page: str):
    from app.settings.setting_keys import from_text

    line = (
        r"mynah config set ([\w.]+)(?: +([^-<\s`][^\n#`]*?|-\d+))?(?= +--| +#|\n|`| <)"
    )
    for name, value in re.findall(line, PAGES[page]):
        if name not in SECRETS and name.islower() and value:
            from_text(name, value.strip('"'))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\((?!http)([^)#]+)", PAGES[page]):
        assert (folder / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_is_started_exists(page: str):
    for module in re.findall(r"python -m (tests[\w.]+)", PAGES[page]):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module


def test_the_llama_cpp_to_build_for_a_gpu_is_the_one_of_the_program():
    wanted = re.findall(r"llama-cpp-python==[\d.]+", find_guide("models").text)
    assert wanted and all(
        one in (ROOT / "pyproject.toml").read_text(encoding="utf-8") for one in wanted
    )


def test_the_two_commands_are_there():
    assert "pip install -e . && .venv/bin/mynah" in README
    assert "pip install -e '.[test]' && .venv/bin/pytest -n 2 --dist loadfile" in README


def test_the_readme_stays_short():
    assert len(README.splitlines()) <= 140


@pytest.mark.parametrize("topic", TOPICS)
def test_a_guide_holds_nothing_that_a_terminal_obeys(topic: str):
    text = find_guide(topic).text
    assert safe_text(text) == text


def test_guides_show_no_picture_as_the_packaged_program_carries_none():
    assert "![" not in "".join(guide.text for guide in all_guides())
