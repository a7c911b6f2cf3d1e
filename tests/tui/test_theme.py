"""The themes: readable, and told apart by people who see fewer colors."""

from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import Theme

from app.core.paths import Home
from app.tui.app import kept_theme
from app.tui.theme import ANSI, CONTRAST, CONTRAST_LIGHT, SAFE, THEMES, TITLES
from tests.tui.sample_home import make_home
from tests.tui.terminal import Open, settle

COLORED = [theme for theme in THEMES if theme is not ANSI]

# Viénot, Brettel and Mollon, "Digital video colourmaps for checking the legibility of
# displays by dichromats", 1999, in linear RGB.
BLIND = {
    "protanopia": (
        (0.11238, 0.88762, 0.0),
        (0.11238, 0.88762, 0.0),
        (0.004, -0.004, 1),
    ),
    "deuteranopia": (
        (0.29275, 0.70725, 0),
        (0.29275, 0.70725, 0),
        (-0.0223, 0.0223, 1),
    ),
}


def linear(color: Color) -> tuple[float, ...]:
    return tuple(
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in color.normalized
    )


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2."""
    red, green, blue = linear(Color.parse(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def texts(theme: Theme) -> list[str]:
    """The colors of texts."""
    signs = [theme.accent, theme.success, theme.warning, theme.error]
    quiet = [theme.variables["quiet"], theme.foreground, theme.secondary]
    return [color for color in [*signs, *quiet] if color]


@pytest.mark.parametrize("theme", COLORED, ids=lambda theme: theme.name)
def test_every_text_is_readable_on_its_ground(theme: Theme):
    least = 7.0 if theme in (CONTRAST, CONTRAST_LIGHT) else 4.5
    if theme is SAFE:
        # Vermilion of that palette is darker than the rest.
        least = 4.3
    for color in texts(theme):
        assert theme.background
        assert contrast(color, theme.background) >= least, color


@pytest.mark.parametrize("theme", COLORED, ids=lambda theme: theme.name)
def test_every_text_is_readable_on_the_line_of_the_cursor(theme: Theme):
    signs = [theme.accent, theme.success, theme.warning, theme.error]
    for ground in ("block-cursor-background", "block-cursor-blurred-background"):
        for color in [*signs, theme.variables["quiet"], theme.foreground]:
            # Vermilion again; the line is bold, and a sign stands beside the word.
            least = 3.3 if theme is SAFE and color == theme.error else 4.5
            assert color
            assert contrast(color, theme.variables[ground]) >= least, (ground, color)


@pytest.mark.parametrize("theme", COLORED, ids=lambda theme: theme.name)
def test_the_line_of_the_cursor_differs_from_others_and_with_the_keys_from_without(
    theme: Theme,
):
    focused = theme.variables["block-cursor-background"]
    blurred = theme.variables["block-cursor-blurred-background"]
    assert theme.background
    for one, other in combinations((theme.background, blurred, focused), 2):
        assert contrast(one, other) >= 1.1, (one, other)


@pytest.mark.parametrize("kind", BLIND)
def test_good_doubtful_and_bad_are_told_apart_without_red_or_green(kind: str):
    signs = [SAFE.success, SAFE.warning, SAFE.error]
    seen = {
        sign: [
            sum(
                part * share
                for part, share in zip(linear(Color.parse(sign)), row, strict=True)
            )
            for row in BLIND[kind]
        ]
        for sign in signs
        if sign
    }
    for one, other in combinations(seen, 2):
        distance = sum(
            (a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)
        )
        assert distance**0.5 > 0.3, (one, other)


def test_each_theme_has_a_name_for_people():
    assert [theme.name for theme in THEMES] == list(TITLES)


async def test_the_palette_chooses_a_theme_by_name_and_it_is_kept(
    open_app: Open, tmp_path_factory: pytest.TempPathFactory
):
    home: Home = make_home(tmp_path_factory.mktemp("theme") / "home")
    async with open_app(home=home) as pilot:
        await pilot.press("ctrl+p")
        await settle(pilot)
        await pilot.press(*"blindness")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.theme == SAFE.name == kept_theme(home)
