"""What the chat page writes can be read in both themes: contrast by WCAG, of its own colours."""

from __future__ import annotations

import re
from importlib import resources

import pytest

LEAST = 4.5  # to one, for text of this size (WCAG 2.2, 1.4.3)
PAGE = resources.files("bot").joinpath("sandbox", "page.html").read_text("utf-8")
THEMES = {"light": r":root \{(.*?)\}", "dark": r'\[data-theme="dark"\] \{(.*?)\}'}
# What is written, on what, and what lies under that where it is seen through.
PAIRS = [
    ("ink", "in", "wall"), ("ink", "out", "wall"), ("link", "in", "wall"), ("link", "out", "wall"),
    ("ink-2", "in", "wall"), ("out-ink-2", "out", "wall"), ("accent-strong", "in", "wall"),
    ("ink-2", "panel", "wall"), ("ink-2", "panel-2", "wall"), ("ink-2", "selected", "panel"),
    ("on-accent", "accent", "panel"), ("accent-strong", "selected", "panel"),
    ("white", "key", "wall"), ("white", "key", "wall-2"), ("white", "key", "wall-3"),
    ("white", "key-hover", "wall"), ("white", "chip", "wall"), ("white", "chip", "wall-3"),
    ("link", "quote", "in"), ("accent-strong", "quote", "in"), ("ink-2", "quote", "in"),
    ("out-ink-2", "quote", "out"),
]  # fmt: skip

Color = tuple[float, float, float]


def colors_of(theme: str) -> dict[str, str]:
    found = re.search(THEMES[theme], PAGE, re.DOTALL)
    assert found
    return {"white": "fff"} | dict(re.findall(r"--([\w-]+): #([0-9a-fA-F]+)", found[1]))


def seen(color: str, under: Color = (0, 0, 0)) -> Color:
    """A colour as #rgb, #rrggbb or with its opacity, over another."""
    digits = color.removeprefix("#")
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    *parts, opacity = (int((digits + "ff")[at : at + 2], 16) for at in range(0, 8, 2))
    share = opacity / 255
    red, green, blue = (
        part * share + below * (1 - share) for part, below in zip(parts, under, strict=True)
    )
    return red, green, blue


def luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_what_is_behind_it(theme: str) -> None:
    colors = colors_of(theme)
    for text, behind, under in PAIRS:
        ground = seen(colors[behind], seen(colors[under]))
        dark, light = sorted((luminance(ground), luminance(seen(colors[text], ground))))
        assert (light + 0.05) / (dark + 0.05) >= LEAST, (text, behind, under)
