"""Every rule of the stand-in has its section, its test and its effect."""

import importlib
import re
from pathlib import Path

import pytest

from tests.discord_stand_in.raw import raw
from tests.discord_stand_in.rules import RULES, Rule

SECTION = re.compile(
    r"(interactions|components|resources|topics|events|reference|rfc9110)[\w/-]*#[\w/.-]+"
)
FOLDER = Path(__file__).parent


def proof_of(rule: Rule):
    module, name = rule.proof.split(".")
    found = importlib.import_module(f"tests.discord_stand_in.proofs.{module}")
    return getattr(found, name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_the_stand_in_keeps_the_rule(rule: Rule) -> None:
    async with raw() as client:
        await proof_of(rule)(client)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_the_proof_fails_when_the_rule_is_switched_off(rule: Rule) -> None:
    async with raw() as client:
        client.stand_in.force.off.add(rule.name)
        with pytest.raises((AssertionError, TimeoutError, KeyError)):
            await proof_of(rule)(client)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_cites_a_section_of_discords_documentation(rule: Rule) -> None:
    assert SECTION.fullmatch(rule.section), rule.section


def test_no_proof_is_without_its_rule() -> None:
    written = {
        f"{file.stem}.{name}"
        for file in (FOLDER / "proofs").glob("[a-z]*.py")
        for name in re.findall(
            r"^async def (\w+)\(", file.read_text("utf-8"), re.MULTILINE
        )
    }
    assert written == {rule.proof for rule in RULES}
