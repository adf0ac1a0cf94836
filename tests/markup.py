"""Reads pages as a browser would, to see what markup is really there."""

from html.parser import HTMLParser


class Inline(HTMLParser):
    """Collects what a strict content security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").lstrip().startswith("javascript:"):
                self.found.append(f"{tag} {name}")


def inline_code(html: str) -> list[str]:
    """Inline scripts, styles and handlers of a page; what is escaped is text and doesn't count."""
    reader = Inline()
    reader.feed(html)
    return reader.found
