"""What operations act on: each app says how its rows are found by a filter and frozen into a list."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from ops.lists.filters import EMPTY, StrictFilterSet, parameters_of
from ops.platform.errors import InvalidInput


class Target(ABC):
    """The rows behind one model label, in one source of runs.

    Querysets of rows have the columns id, seen_state, seen_group and created_at.
    """

    model: ClassVar[str]
    noun: ClassVar[str]
    filter: ClassVar[type[StrictFilterSet]]

    def frozen(self, data: Any, *, everything: bool) -> dict[str, Any]:
        """Return a filter's parameters with every relative time made absolute, limited to what exists.

        Raises InvalidInput for an invalid filter, for an empty one unless `everything` is said, and for one
        that would not be read back as it was asked: a job never acts on more than that.
        """
        values = self.filter(data).checked()
        if not everything and all(value in EMPTY for value in values.values()):
            raise InvalidInput({"filter": "The filter is empty. Give all=true to select every row."})
        asked = self.limited(values)
        parameters = parameters_of(asked)
        read_back = self.filter(parameters).checked()
        if changed := [name for name, value in asked.items() if read_back[name] != value]:
            raise InvalidInput(dict.fromkeys(changed, "A job can't keep this filter as it was given."))
        return parameters

    @abstractmethod
    def require_writable(self, rights: Sequence[Any]) -> None:
        """Raise EngineMismatch unless the source's tables are known, and may be written as `rights` say."""

    @abstractmethod
    def keys_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Map each id that the source can hold to its key, the form in which the source holds it."""

    @abstractmethod
    def limited(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return a filter's clean values, limited to rows that exist now."""

    @abstractmethod
    def matching(self, values: Any, below: str | None, limit: int) -> QuerySet[Any, Any]:
        """Return what matches clean values, highest ids first, beginning below an id.

        So each row is met once, whatever changes meanwhile.
        """

    @abstractmethod
    def given(self, ids: Sequence[str]) -> QuerySet[Any, Any]:
        """Return those of the ids that exist."""

    @abstractmethod
    def count(self, parameters: dict[str, Any]) -> int:
        """Return how many match frozen parameters now, capped."""

    @abstractmethod
    def made(self, job: int) -> Mapping[str, int]:
        """Count what a job made, by the source's status, and as `made` all of it."""

    @abstractmethod
    def fared(self, items: QuerySet[Any]) -> tuple[int, int]:
        """Return how many of what the items' verb made have ended, and how many of those failed."""

    @abstractmethod
    def drift(self, job: int, cursor: int) -> Iterable[str]:
        """Say what happened to the job's items since."""


_registry: dict[str, Target] = {}


def register(target: Target) -> None:
    """Make the target known to every door."""
    _registry[target.model] = target


def get_target(model: str) -> Target:
    """Return the target of a model label such as `runs.run`."""
    return _registry[model]
