"""The form of a list's filters: a bar, menus beside it, and in the last menu whatever stands nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import django_filters

from ops.lists.active_filters import SEARCH
from ops.lists.filters import AGO, MomentFilter, RepeatedFilter

RANGES = ("1h", "6h", "24h", "7d", "30d")
UNITS = {"m": "min", "h": "h", "d": "d"}
# So many check boxes stand in a menu; of more choices the rest is typed.
CHOICES = 60
REST = "More"
FROM, BEFORE = "24h, or 2026-02-22 19:30 (UTC)", "1h, or 2026-02-22 20:00 (UTC)"


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen."""

    value: str
    label: str
    is_on: bool


@dataclass
class Control:
    """One filter's place in the form: text, boxes to tick, or a list to choose from."""

    name: str
    label: str
    kind: str
    value: str = ""
    fault: str = ""
    hint: str = ""
    choices: list[Choice] = field(default_factory=list)
    others: int = 0
    is_state: bool = False
    hidden: Sequence[str] = ()


@dataclass(frozen=True)
class Menu:
    """Controls behind one button; `ranges` are the usual ages of a period."""

    label: str
    controls: list[Control]
    ranges: list[tuple[str, str, bool]]

    @property
    def is_alone(self) -> bool:
        """Whether it has one control, whose label is the menu's."""
        return len(self.controls) == 1

    @property
    def is_narrow(self) -> bool:
        """Whether badges are all that it holds."""
        return all(control.is_state for control in self.controls)

    @property
    def is_bad(self) -> bool:
        """Whether something in it can't be used."""
        return any(control.fault for control in self.controls)


@dataclass(frozen=True)
class FilterForm:
    """All of it."""

    bar: list[Control]
    menus: list[Menu]


def form_of(changes: Any) -> FilterForm:
    """The form of a change list."""
    admin = changes.model_admin
    placed = {*admin.filter_bar, *(name for names in admin.filter_menus.values() for name in names)}
    rest = [name for name in changes.filterset.filters if name not in placed]
    menus = [menu_of(changes, label, names) for label, names in admin.filter_menus.items()]
    last = menu_of(changes, REST, rest) if rest else None
    return FilterForm(
        [control_of(changes, name) for name in admin.filter_bar], menus + ([last] if last else [])
    )


def menu_of(changes: Any, label: str, names: Sequence[str]) -> Menu:
    """One menu; a period offers the usual ages as well."""
    period = next((pair for pair in changes.filterset.periods if pair[0] in names), None)
    ranges = []
    if period:
        start, end = period
        given = changes.data.get(start)
        ranges = [(in_words(age), changes.address(**{start: age, end: None}), age == given) for age in RANGES]
    return Menu(label, [control_of(changes, name) for name in names], ranges)


def in_words(age: str) -> str:
    """`24 h`."""
    found = AGO.fullmatch(age)
    return f"{found[1]} {UNITS[found[2]]}" if found else age


def control_of(changes: Any, name: str) -> Control:
    """The control of one filter, with what was given and what is wrong with it."""
    declared = changes.filterset.filters[name]
    given = [text for text in changes.data.getlist(name) if text]
    control = Control(name, str(declared.label), "text", fault=changes.faults.get(name, ""))
    offered = [] if changes.trouble else list(changes.model_admin.filter_choices(name))
    if isinstance(declared, django_filters.MultipleChoiceFilter):
        tick(control, [(str(value), str(label)) for value, label in declared.extra["choices"]], given)
        control.is_state = any(name in names for names in changes.model_admin.filter_menus.values())
    elif isinstance(declared, django_filters.ChoiceFilter):
        choices = [(value, label) for value, label in declared.extra["choices"] if value]
        control.kind = "select"
        any_word = f"{control.label}: any" if name in changes.model_admin.filter_bar else "Any"
        control.choices = chosen([("", any_word), *choices], given[-1:] or [""])
    elif isinstance(declared, RepeatedFilter) and offered and name not in changes.model_admin.filter_bar:
        tick(control, offered, given)
    else:
        typed(control, declared, given, changes)
        control.choices = chosen(offered[:200], ())
    return control


def typed(control: Control, declared: Any, given: list[str], changes: Any) -> None:
    """A text; several values of one filter are carried along."""
    repeated = isinstance(declared, RepeatedFilter)
    control.kind = "search" if control.name == SEARCH else "text"
    control.value = next(iter(given if repeated else given[-1:]), "")
    control.hidden = given[1:] if repeated else ()
    control.hint = changes.model_admin.filter_hints.get(control.name, "")
    if isinstance(declared, MomentFilter) and not control.hint:
        starts = {start for start, _ in changes.filterset.periods}
        control.hint = FROM if control.name in starts else BEFORE


def tick(control: Control, offered: Sequence[tuple[str, str]], given: Sequence[str]) -> None:
    """Boxes. Of more than a menu holds those come first that are on."""
    control.kind = "boxes"
    known = {value for value, _ in offered}
    every = [*((value, value) for value in given if value not in known), *offered]
    if len(every) > CHOICES:
        every.sort(key=lambda one: one[0] not in given)
    limit = max(CHOICES, len(given))
    control.choices, control.others = chosen(every[:limit], given), max(0, len(every) - limit)


def chosen(offered: Sequence[tuple[str, str]], given: Sequence[str]) -> list[Choice]:
    """Each with whether it is on."""
    return [Choice(value, label, value in given) for value, label in offered]
