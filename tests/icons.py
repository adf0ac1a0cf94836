"""The sprite of all icons that templates and badges use: `make icons` writes it again."""

import re
from collections.abc import Iterable
from pathlib import Path

import heroicons

ROOT = Path(__file__).parent.parent
NAMING = (ROOT / "ops" / "display" / "badges.py", ROOT / "console" / "navigation.py")
ADMINS = tuple(
    path
    for app in ("console", "events", "functions", "ops", "runs")
    for path in sorted((ROOT / app).rglob("admin.py"))
)
SPRITE = ROOT / "console" / "static" / "console" / "icons.svg"
IN_TEMPLATES = re.compile(r'{% icon "([a-z0-9-]+)" %}')
IN_ADMINS = re.compile(r'\("([a-z0-9-]+)", \(\d+, \d+\)\)')  # icon and place in the navigation
IN_CODE = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"')


def names() -> set[str]:
    """Every icon that is named in a template or where Python names icons."""
    templates = (path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    code = (path.read_text(encoding="utf-8") for path in NAMING)
    named = {name for text in templates for name in IN_TEMPLATES.findall(text)}
    admins = (path.read_text(encoding="utf-8") for path in ADMINS)
    named |= {name for text in admins for name in IN_ADMINS.findall(text)}
    return named | {name for text in code for name in IN_CODE.findall(text) if is_icon(name)}


def is_icon(name: str) -> bool:
    """Whether the icon library draws something of that name."""
    try:
        return bool(drawing(name))
    except heroicons.IconDoesNotExist:
        return False


def drawing(name: str) -> str:
    """What is inside the icon's own `<svg>`."""
    whole = heroicons._render_icon("micro", name, 16, {})
    return str(whole).partition(">")[2].rpartition("</svg>")[0].strip()


def sprite(wanted: Iterable[str]) -> str:
    """The file: a symbol per icon."""
    symbols = (
        f'<symbol id="{name}" viewBox="0 0 16 16" fill="currentColor">{drawing(name)}</symbol>\n'
        for name in sorted(wanted)
    )
    head = "<!-- heroicons, MIT: icons.LICENSE.txt -->\n"
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{head}{"".join(symbols)}</svg>\n'


if __name__ == "__main__":
    SPRITE.write_text(sprite(names()), encoding="utf-8")
