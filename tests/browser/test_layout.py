"""Every page at every width: nothing sideways, nothing cut off, menus inside, errors wide enough to read."""

from tests.browser.conftest import Browse, Visit
from tests.browser.pages import pages, strain

WIDTHS = (390, 600, 768, 900, 1024, 1180, 1280, 1440, 1920)
PHONE = 390
ERROR = 200  # px that an error keeps at least, wherever there are columns
FAULTS = """async () => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const name = (e) => e.outerHTML.slice(0, 110).replaceAll("\\n", " ");
  const clipped = (e) => {
    for (let up = e.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible") return true;
    }
    return false;
  };
  const scrolls = (e) => !!e.closest(SCROLLING);
  const faults = [];
  const spilling = [];
  const sideways = document.documentElement.scrollWidth - innerWidth;
  if (sideways > 0) faults.push(`${sideways} px sideways`);
  for (const e of document.querySelectorAll("body *")) {
    if (!seen(e) || scrolls(e)) continue;
    const box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    if (box.width > 1 && (box.right > innerWidth + 1 || box.left < -1) && !clipped(e)) {
      faults.push(`off the edge: ${name(e)}`);
    }
    const spills = e.scrollWidth > e.clientWidth + 1 && style.display !== "inline" && e.clientWidth > 1;
    if (spills && style.overflowX === "visible" && e.textContent.trim()) spilling.push(e);
    if (spills && style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && e.matches(WHOLE)) {
      faults.push(`cut: ${name(e)}`);
    }
    const around = e.matches(CONTROLS) && e.parentElement.closest("td, .card, .row, .top");
    if (around && box.right > around.getBoundingClientRect().right + 1) faults.push(`cut off: ${name(e)}`);
  }
  const inner = spilling.filter((e) => !spilling.some((other) => other !== e && e.contains(other)));
  faults.push(...inner.map((e) => `spills: ${name(e)}`));
  for (const menu of document.querySelectorAll("details.menu")) {
    if (!seen(menu) || menu.parentElement.closest("details.menu")) continue;
    menu.open = true;
    await new Promise((done) => setTimeout(done, 20));
    const body = menu.querySelector(".menu-body");
    const { left, right } = body.getBoundingClientRect();
    if (left < 0 || right > innerWidth) faults.push(`menu from ${left} to ${right}: ${name(menu)}`);
    if (body.scrollWidth > body.clientWidth + 1) faults.push(`menu too narrow: ${name(menu)}`);
    menu.open = false;
  }
  const error = document.querySelector(".list th.col-error");
  if (error && innerWidth > 760 && error.clientWidth < LEAST) faults.push(`error of ${error.clientWidth} px`);
  return faults;
}"""
SELECTORS = {
    "CONTROLS": "a.button, button, .badge, .tag, .chip",
    "WHOLE": "h1, h2, .button, .badge, dd",
    "SCROLLING": ".list-wrap, .code, pre, .json-body, .tabs, .chips, .sr-only, svg, select, textarea",
}
for name, selector in SELECTORS.items():
    FAULTS = FAULTS.replace(name, repr(selector))
FAULTS = FAULTS.replace("LEAST", str(ERROR))


def faults_at(visit: Visit, width: int) -> list[str]:
    """What is wrong with the open page in a window of that width."""
    visit.page.set_viewport_size({"width": width, "height": 844 if width == PHONE else 900})
    found = list(visit.page.evaluate(FAULTS))
    return [*found, *visit.small_targets()] if width == PHONE else found


def test_every_page_fits_every_width_with_the_longest_names(browse: Browse, transactional_db: None) -> None:
    world = strain()
    visit = browse(world.people["Admin"])
    faults = []
    for address in pages(world):
        visit.open(address)
        for width in WIDTHS:
            faults += [(width, address[:50], fault) for fault in faults_at(visit, width)[:4]]
    assert not faults, "\n".join(map(str, faults))


def test_the_first_run_is_on_the_upper_half_of_a_phone(browse: Browse, transactional_db: None) -> None:
    world = strain()
    page = browse(world.people["Operator"], width=PHONE).open("/runs?state=failed&created_from=24h")
    top = page.locator(".row-link").first.evaluate("e => e.closest('tr').getBoundingClientRect().top")
    assert top <= 320
