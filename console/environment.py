"""What the operator says in the environment.

A value that can't be used becomes a fault, and its default stands in, so that `manage.py check` tells of all
faults at once. Nothing is served or done with faulty settings: see `require_usable`.
"""

import os
import re
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")

YES, NO = frozenset({"on", "true", "yes", "1"}), frozenset({"off", "false", "no", "0"})
HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9a-fA-F:.]+\]")
BIND_FORM = re.compile(r"unix:.+|fd://\d+|([A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\])?:\d{1,5}")
ORIGIN = re.compile(r"https?://[^/\s]+")
SCHEMA = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Fault:
    """One variable that can't be used: what is wrong with it, and what to write instead."""

    name: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name}: {self.wrong} {self.remedy}"


class Unusable(ValueError):
    """Why a text isn't a value; never the text of a secret."""


@dataclass
class Environment:
    """Reads variables, notes which ones there are, and gathers the faults."""

    variables: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def read(self, name: str, default: Value, parse: Callable[[str], Value], remedy: str) -> Value:
        """The variable's value; an empty one is as good as none."""
        self.names.add(name)
        text = self.variables.get(name, "").strip()
        return self.parsed(name, text, parse, remedy, default) if text else default

    def parsed(
        self, name: str, text: str, parse: Callable[[str], Value], remedy: str, default: Value
    ) -> Value:
        """What the text means; the default, and a fault, when it means nothing."""
        try:
            return parse(text)
        except Unusable as error:
            self.fault(name, str(error), remedy)
            return default

    def fault(self, name: str, wrong: str, remedy: str) -> None:
        """Tell of it at the next check."""
        self.faults.append(Fault(name, wrong, remedy))

    def text(self, name: str, default: str = "") -> str:
        """Any text."""
        return self.read(name, default, str, "")

    def secret(self, name: str, default: str = "") -> str:
        """A text that may lie in the file that `…_FILE` names, where a process list doesn't show it."""
        named = f"{name}_FILE"
        path, text = self.text(named), self.text(name)
        if path and text:
            self.fault(named, f"{name} is set as well.", "Keep one of the two.")
        return (self.read(named, "", content_of, "Name a file that this user can read.") or text) or default

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        remedy = f"Write a whole number from {low:,} to {high:,}, without commas."
        return self.read(name, default, lambda text: whole(text, low, high), remedy)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """On or off."""
        return self.read(name, default, on_or_off, "Write on or off.")

    def choice(self, name: str, default: str, options: Iterable[str]) -> str:
        """One of a few words, in any case."""
        options = tuple(options)
        remedy = f"Write one of {', '.join(options)}."
        return self.read(name, default, lambda text: one_of(text, options), remedy)

    def matching(self, name: str, default: str, pattern: re.Pattern[str], remedy: str) -> str:
        """A text of that form."""
        return self.read(name, default, lambda text: fitting(text, pattern), remedy)

    def items(self, name: str, default: list[str], pattern: re.Pattern[str], remedy: str) -> list[str]:
        """Texts of that form, separated by commas."""
        return self.read(name, default, lambda text: [fitting(one, pattern) for one in split(text)], remedy)

    def pairs(self, name: str) -> dict[str, str]:
        """`name=address`, separated by spaces."""
        remedy = "Write name=https://address, separated by spaces."
        return self.read(name, {}, lambda text: dict(pair_of(one) for one in text.split()), remedy)

    def folder(self, name: str, default: Path) -> Path:
        """A folder that is there and may be written to; that of the default is made where it can be."""
        if not self.variables.get(name, "").strip():
            with suppress(OSError):  # the code may lie on a disk that nobody writes to
                default.mkdir(exist_ok=True)
        return self.read(name, default, writable_folder, "Make it, and let the console's user write to it.")

    def url(self, name: str, default: str, schemes: Container[str], remedy: str) -> str:
        """An address that begins with one of the schemes; it may hold a password, so it is never repeated."""
        if self.variables.get(name, default).strip() == "":
            self.fault(name, "it is empty.", remedy)
        address = self.secret(name, default)
        if address != default and address.partition("://")[0].partition("+")[0] not in schemes:
            self.fault(name, "it begins with nothing that the console knows.", remedy)
            return default
        return address

    def unknown(self, prefix: str) -> list[Fault]:
        """Variables that nothing reads: most likely they are misspelt."""
        strange = sorted(
            name for name in self.variables if name.startswith(prefix) and name not in self.names
        )
        return [Fault(name, "there is no such setting.", similar(name, self.names)) for name in strange]


def content_of(path: str) -> str:
    """The file's text without the newline that editors put at its end."""
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} can't be read: {getattr(error, 'strerror', None) or 'not a text'}.") from None
    if not text:
        raise Unusable(f"{path} is empty.")
    return text


def whole(text: str, low: int, high: int) -> int:
    """The number."""
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise Unusable(f"“{text}” is not a whole number.")
    if not low <= int(text) <= high:
        raise Unusable(f"{text} is too {'small' if int(text) < low else 'large'}.")
    return int(text)


def on_or_off(text: str) -> bool:
    """Whether it is on."""
    if text.lower() not in YES | NO:
        raise Unusable(f"“{text}” is neither on nor off.")
    return text.lower() in YES


def one_of(text: str, options: tuple[str, ...]) -> str:
    """The option as it is written here."""
    found = next((option for option in options if option.lower() == text.lower()), None)
    if found is None:
        raise Unusable(f"“{text}” is not among its values.")
    return found


def fitting(text: str, pattern: re.Pattern[str]) -> str:
    """The text, if it has that form."""
    if not pattern.fullmatch(text):
        raise Unusable(f"“{text}” can't be used.")
    return text


def split(text: str) -> list[str]:
    """What stands between commas."""
    return [part for one in text.split(",") if (part := one.strip())]


def pair_of(text: str) -> tuple[str, str]:
    """Name and address."""
    name, _, address = text.partition("=")
    if not name or not address.startswith(("https://", "http://")):
        raise Unusable(f"“{text}” can't be used.")
    return name, address


def writable_folder(text: str) -> Path:
    """The folder's absolute path."""
    path = Path(text).absolute()
    if not path.is_dir():
        raise Unusable(f"there is no folder {path}.")
    if not os.access(path, os.W_OK | os.X_OK):
        raise Unusable(f"{path} can't be written to.")
    return path


def similar(name: str, names: Iterable[str]) -> str:
    """Which one may have been meant."""
    close = get_close_matches(name, names, n=1, cutoff=0.7)
    return f"Did you mean {close[0]}?" if close else "Remove it; docs/deployment.md lists them all."


def require_usable(faults: list[Fault]) -> None:
    """End the process with all that is wrong, before it serves or does anything with defaults instead."""
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        raise SystemExit(f"The console can't start with these settings:{lines}")
