"""What can be hovered stays readable while it is, in both themes."""

from contextlib import suppress
from typing import Any

from playwright.sync_api import Error

from tests.browser.conftest import Browse, Visit
from tests.browser.pages import pages, strain

# Words on what they stand on, everything hovered at once as the row and the card around it are in truth.
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((v, i) => (v * a + below[i] * (255 - a)) / 255);
  const ground = (e) => {
    const below = e.parentElement ? ground(e.parentElement) : [255, 255, 255];
    return over(parts(getComputedStyle(e).backgroundColor), below);
  };
  const light = (c) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = c.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (e) => {
    const on = ground(e);
    const [high, low] = [light(over(parts(getComputedStyle(e).color), on)), light(on)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  return [...document.querySelectorAll(HOVERABLE)]
    .filter((e) => e.textContent.trim() && !e.matches("[aria-disabled], [disabled]"))
    .filter((e) => contrast(e) < 4.5)
    .map((e) => `${e.outerHTML.slice(0, 90)} ${contrast(e).toFixed(2)}`);
}"""
THEMES: tuple[Any, ...] = ("light", "dark")
HOVERABLE = "a, button, summary, label, tr, li"


def hover_all(visit: Visit) -> None:
    """As if the pointer rested on each of them."""
    devtools = visit.page.context.new_cdp_session(visit.page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    found: dict[str, Any] = devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": HOVERABLE})
    for node in found["nodeIds"]:
        with suppress(Error):  # a live page may have taken it away meanwhile
            devtools.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": ["hover"]})


def test_the_label_of_whatever_is_hovered_can_be_read_in_both_themes(
    browse: Browse, transactional_db: None
) -> None:
    world = strain()
    visit = browse(world.people["Admin"])
    faults = []
    for address in pages(world):
        visit.open(address)
        hover_all(visit)
        for theme in THEMES:
            visit.page.emulate_media(color_scheme=theme)
            faint = visit.page.evaluate(FAINT.replace("HOVERABLE", repr(HOVERABLE)))
            faults += [(theme, address[:60], one) for one in faint]
    assert not faults, "\n".join(map(str, faults))
