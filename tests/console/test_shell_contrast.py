"""Every colour of words is readable on what it stands on, in both themes."""

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "console/static/console/css"
STATES = ("queued", "held", "running", "stuck", "completed", "failed", "cancelled")
PAIRS = [
    *((ink, ground) for ink in ("ink", "soft", "faint") for ground in ("bg", "card", "hover", "well")),
    *((state, f"{state}-bg") for state in STATES),
    *((state, "card") for state in STATES),
    *((word, ground) for word in ("failed", "stuck", "accent") for ground in ("card", "bg", "hover")),
    *(("ink", ground) for ground in ("failed-bg", "stuck-bg", "completed-bg", "accent-bg")),
    *(("soft", ground) for ground in ("accent-bg",)),
    *(("on-accent", ground) for ground in ("accent", "accent-hover")),
    *(("on-danger", ground) for ground in ("danger", "danger-hover")),
    ("on-inverse", "inverse"),
    ("completed", "well"),
    ("running", "well"),
    ("held", "well"),
]
EDGES = (("line-strong", "card"), ("line-strong", "bg"), *((f"fill-{state}", "card") for state in STATES))


def tokens(theme: int) -> dict[str, str]:
    """Token → colour; theme 0 is light, 1 dark."""
    text = (CSS / "tokens.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text)
    return {name: colours[theme] for name, *colours in found}


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS, ids=lambda name: name)
def test_words_have_a_contrast_of_four_and_a_half(theme: int, ink: str, ground: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), EDGES, ids=lambda name: name)
def test_edges_of_fields_and_fills_of_bars_have_a_contrast_of_three(
    theme: int, shape: str, ground: str
) -> None:
    colours = tokens(theme)
    assert contrast(colours[shape], colours[ground]) >= 3


# Machado, Oliveira, Fernandes 2009, severity 1: how linear colours look to people who lack a kind of cone.
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deuteranopia": ((0.3673, 0.8607, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritanopia": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}


def seen(colour: str, eyes: str) -> tuple[float, float, float]:
    """The colour in CIELAB, as those eyes see it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    r, g, b = (
        min(1, max(0, sum(weight * part for weight, part in zip(row, linear, strict=True))))
        for row in EYES[eyes]
    )
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (
            (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("eyes", EYES)
def test_no_two_states_look_alike_in_a_chart_to_anybody(theme: int, eyes: str) -> None:
    colours = tokens(theme)
    for one, other in combinations(STATES, 2):
        difference = math.dist(seen(colours[f"fill-{one}"], eyes), seen(colours[f"fill-{other}"], eyes))
        assert difference >= 12, f"{one} and {other}: {difference:.0f}"


def test_black_on_white_is_twenty_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21


def test_no_stylesheet_names_a_colour_of_its_own() -> None:
    for path in CSS.glob("*.css"):
        if path.name not in {"tokens.css", "api-docs.css"}:  # the latter: Swagger UI is always light
            assert not re.search(r"#[0-9a-f]{3,8}\b(?=[;,)\s])", path.read_text()), path.name
