"""Mynah's own colors: ink or paper, and the amber of the bird's bill."""

from textual.theme import Theme

from app.core.xray import MODEL_COLOR, VOICE_COLOR

_SHARED = {
    "xray-ink": "#15171C",
    "xray-model": MODEL_COLOR,
    "xray-both": "#B9B9B9",
    "xray-voice": VOICE_COLOR,
    "footer-background": "transparent",
    "footer-item-background": "transparent",
    "block-cursor-text-style": "bold",
    "block-cursor-blurred-text-style": "bold",
    "button-focus-text-style": "reverse",
}

DARK = Theme(
    name="mynah-dark",
    dark=True,
    primary="#E8B04A",
    accent="#E8B04A",
    secondary="#8C9CB4",
    foreground="#D6D9E0",
    background="#15171C",
    surface="#1B1E25",
    panel="#242832",
    success="#8DB580",
    warning="#DE8F5C",
    error="#E8838C",
    variables={
        **_SHARED,
        "footer-key-foreground": "#E8B04A",
        "footer-description-foreground": "#969DAC",
        "quiet": "#969DAC",
        "line": "#2C313C",
        "block-cursor-background": "#2C313C",
        "block-cursor-foreground": "#F2F3F6",
        "block-cursor-blurred-background": "#1F232C",
        "block-cursor-blurred-foreground": "#D6D9E0",
        "input-selection-background": "#E8B04A 35%",
        "scrollbar": "#343A47",
        "scrollbar-hover": "#4A5160",
        "scrollbar-active": "#E8B04A",
        "scrollbar-background": "#15171C",
        "scrollbar-background-hover": "#15171C",
        "scrollbar-background-active": "#15171C",
        "scrollbar-corner-color": "#15171C",
    },
)

LIGHT = Theme(
    name="mynah-light",
    dark=False,
    primary="#8A5000",
    accent="#8A5000",
    secondary="#4F5F78",
    foreground="#24272E",
    background="#FAF8F3",
    surface="#F2EFE7",
    panel="#E8E3D7",
    success="#34702A",
    warning="#984812",
    error="#A92532",
    variables={
        **_SHARED,
        "footer-key-foreground": "#8A5000",
        "footer-description-foreground": "#5C5F66",
        "quiet": "#5C5F66",
        "line": "#DDD7C9",
        "block-cursor-background": "#E6DFCE",
        "block-cursor-foreground": "#15171C",
        "block-cursor-blurred-background": "#F0ECE2",
        "block-cursor-blurred-foreground": "#24272E",
        "input-selection-background": "#8A5000 25%",
        "scrollbar": "#CFC8B7",
        "scrollbar-hover": "#B5AD99",
        "scrollbar-active": "#8A5000",
        "scrollbar-background": "#FAF8F3",
        "scrollbar-background-hover": "#FAF8F3",
        "scrollbar-background-active": "#FAF8F3",
        "scrollbar-corner-color": "#FAF8F3",
    },
)

ANSI = Theme(
    name="mynah-16",
    ansi=True,
    dark=True,
    primary="ansi_yellow",
    accent="ansi_yellow",
    secondary="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    variables={
        "xray-ink": "ansi_black",
        "xray-model": "ansi_bright_cyan",
        "xray-both": "ansi_white",
        "xray-voice": "ansi_bright_yellow",
        "quiet": "ansi_default",
        "line": "ansi_bright_black",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "footer-key-foreground": "ansi_yellow",
        "footer-background": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "bold reverse",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-text-style": "bold underline",
        "input-selection-background": "ansi_bright_blue",
        "input-selection-foreground": "ansi_black",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "screen-selection-background": "ansi_bright_blue",
        "screen-selection-foreground": "ansi_black",
        "scrollbar": "ansi_white",
        "scrollbar-background": "ansi_default",
    },
)


def _plain(
    name: str,
    *,
    dark: bool,
    ink: tuple[str, str, str],
    paper: tuple[str, str, str, str],
    signs: tuple[str, str, str, str],
) -> Theme:
    """Make a theme of few colors.

    Args:
        ink: The colors of text, of quiet text, and of titles.
        paper: Those of the ground, of surfaces, of panels, and of the cursor's line.
        signs: Those of what is chosen, good, doubtful and bad.
    """
    foreground, quiet, secondary = ink
    background, surface, panel, cursor = paper
    accent, success, warning, error = signs
    return Theme(
        name=name,
        dark=dark,
        primary=accent,
        accent=accent,
        secondary=secondary,
        foreground=foreground,
        background=background,
        surface=surface,
        panel=panel,
        success=success,
        warning=warning,
        error=error,
        variables=_lines(accent, foreground, quiet, paper),
    )


def _lines(
    accent: str, foreground: str, quiet: str, paper: tuple[str, str, str, str]
) -> dict[str, str]:
    """Return the colors of keys, cursors and scrollbars."""
    background, _, panel, cursor = paper
    return {
        **_SHARED,
        "footer-key-foreground": accent,
        "footer-description-foreground": quiet,
        "quiet": quiet,
        "line": cursor,
        "block-cursor-background": cursor,
        "block-cursor-foreground": foreground,
        "block-cursor-blurred-background": panel,
        "block-cursor-blurred-foreground": foreground,
        "input-selection-background": f"{accent} 35%",
        "scrollbar": cursor,
        "scrollbar-hover": quiet,
        "scrollbar-active": accent,
        "scrollbar-background": background,
        "scrollbar-background-hover": background,
        "scrollbar-background-active": background,
        "scrollbar-corner-color": background,
    }


CONTRAST = _plain(
    "mynah-contrast",
    dark=True,
    ink=("#FFFFFF", "#D8D8D8", "#BFD7FF"),
    paper=("#000000", "#000000", "#1C1C1C", "#3A3A3A"),
    signs=("#FFD84A", "#7CFF8A", "#FFB27A", "#FF9E9E"),
)

CONTRAST_LIGHT = _plain(
    "mynah-contrast-light",
    dark=False,
    ink=("#000000", "#333333", "#002B66"),
    paper=("#FFFFFF", "#FFFFFF", "#EDEDED", "#D6D6D6"),
    signs=("#00308F", "#004D12", "#6B2E00", "#8A0012"),
)

# The palette of Okabe and Ito, https://jfly.uni-koeln.de/color/.
SAFE = _plain(
    "mynah-color-blind",
    dark=True,
    ink=("#E6E6E6", "#A3A7AE", "#CC79A7"),
    paper=("#14161A", "#1A1D22", "#20242A", "#2A2E36"),
    signs=("#E69F00", "#56B4E9", "#F0E442", "#D55E00"),
)

THEMES = (DARK, LIGHT, CONTRAST, CONTRAST_LIGHT, SAFE, ANSI)
"""In the order of the key that goes through them."""

TITLES = {
    DARK.name: "dark",
    LIGHT.name: "light",
    CONTRAST.name: "high contrast, dark",
    CONTRAST_LIGHT.name: "high contrast, light",
    SAFE.name: "safe for color blindness",
    ANSI.name: "16 colors, those of the terminal",
}
