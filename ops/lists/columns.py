"""The columns of a list: methods of its admin, which say what they need and how they look.

`@column("Ran", width="short", num=True, since=860, reads=("started_at", "ended_at"))` is `@admin.display`
with what a list of ours needs besides. Plain fields, `@admin.display` methods and callables are columns too,
by the rules of Django's admin.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from ops.display.html import DASH, ago

PLACES = {"main": "main", "side": "side-cell", "second": "second", "": ""}


def nothing(rows: Sequence[Any]) -> None:
    """A column that the rows themselves tell."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a column looks, and which of the model's columns it reads: None is all but the big ones."""

    reads: Sequence[str] | None = None
    width: str = ""
    num: bool = False
    since: int = 0
    place: str = ""
    classes: str = ""
    phone: str = ""
    hint: str = ""
    prepare: Callable[[Sequence[Any]], None] = nothing

    @property
    def shared(self) -> str:
        """The classes of head and cells alike."""
        return " ".join(filter(None, ("num" if self.num else "", f"from-{self.since}" if self.since else "")))

    @property
    def head(self) -> str:
        """The attributes of its head."""
        return attributes(
            {
                "class": " ".join(filter(None, (f"col-{self.width}" if self.width else "", self.shared))),
                "title": self.hint,
            }
        )

    @property
    def cell(self) -> str:
        """The attributes of its cells: a class only where a style needs it, for there are many cells."""
        return attributes({"class": self.of_cell, "data-label": self.phone})

    @property
    def of_cell(self) -> str:
        """The classes of its cells."""
        return " ".join(filter(None, (PLACES[self.place], self.shared, self.classes)))

    def toned(self, tone: str) -> str:
        """The beginning of a cell in a colour."""
        return f"<td{attributes({'class': f'{self.of_cell} {tone}'.strip(), 'data-label': self.phone})}>"


def attributes(given: dict[str, str]) -> str:
    """As in a tag: those that are empty are left out."""
    return mark_safe("".join(format_html(' {}="{}"', name, text) for name, text in given.items() if text))  # noqa: S308


def column(label: Any, **look: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a method of an admin as a column.

    `reads` are the model's columns that it needs; `prepare` reads for all rows of a page at once what they
    don't have; `width` is one of state, name, age, short, id, text; `num` aligns it to the right; `since` is
    the list's width from which it is shown; `place` is where a phone has it: `main` and `side` on the first
    line, `second` below; `phone` is what stands before it there.
    """

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        method.short_description = label  # type: ignore[attr-defined]  # as `admin.display` writes it
        method.look = Look(**look)  # type: ignore[attr-defined]
        return method

    return mark


class Toned(str):
    """What a column says in the colour of `look`: bad, warn, dim."""

    look: str

    def __new__(cls, text: str, look: str) -> Self:
        found = super().__new__(cls, text)
        found.look = look
        return found


PLAIN = Look(since=1160, width="text")


@dataclass(frozen=True)
class Column:
    """A column of one list, resolved once for all its rows."""

    name: str
    label: Any
    look: Look
    tell: Callable[[Any], Any]
    reads: Sequence[str] | None


def columns_of(model_admin: Any, names: Sequence[Any]) -> Iterator[Column]:
    """The columns of `list_display`: fields of the model, else of the admin, else of the model's class.

    A method that is marked goes before a field of its name, which would be read row by row.
    """
    for name in names:
        marked: Any = getattr(model_admin, str(name), None)
        if hasattr(marked, "look"):
            yield Column(name, marked.short_description, marked.look, marked, marked.look.reads)
            continue
        label: Any = label_for_field(name, model_admin.model, model_admin)
        try:
            field = model_admin.opts.get_field(name)
        except FieldDoesNotExist:
            yield of_callable(model_admin, name, label)
        else:
            yield Column(name, capfirst(label), PLAIN, teller_of(field), (field.attname,))


def teller_of(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    """What a list says of a field: a moment as its age, nothing as –."""

    def tell(row: Any) -> Any:
        value = getattr(row, field.attname)
        if isinstance(value, datetime):
            return ago(value)
        return DASH if value is None or value == "" else display_for_field(value, field, DASH)

    return tell


def of_callable(model_admin: Any, name: Any, label: Any) -> Column:
    """A column that something calls or reads from the row."""
    found = name if callable(name) else getattr(model_admin, name, None)
    about = found or getattr(model_admin.model, name)
    empty = getattr(about, "empty_value_display", DASH)
    is_yes_no = getattr(about, "boolean", False)

    def tell(row: Any) -> Any:
        value = found(row) if found else getattr(row, name)
        value = value() if not found and callable(value) else value
        return value if isinstance(value, str) else display_for_value(value, empty, boolean=is_yes_no)

    key = name if isinstance(name, str) else name.__name__
    return Column(key, label, PLAIN, tell, None)


def rows_html(
    columns: Sequence[Column], rows: Sequence[Any], linked: Sequence[Any], links: Callable[[Any, str], str]
) -> SafeString:
    """The rows, joined here: a template for each cell takes as long as all the rest of the page."""
    cells = [
        (column.tell, f"<td{column.look.cell}>", column.look, column.name in linked) for column in columns
    ]
    parts = []
    for row in rows:
        parts.append("<tr>")
        for tell, start, look, is_link in cells:
            value = tell(row) or ""
            text = conditional_escape(value)
            parts.append(look.toned(value.look) if isinstance(value, Toned) else start)
            parts.append(links(row, text) if is_link else text)  # HTML ends a cell with the next one
        parts.append("</tr>\n")
    return mark_safe("".join(parts))  # noqa: S308 - every cell is escaped above
