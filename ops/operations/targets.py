"""What operations act on: each app says how its rows are found by a filter and frozen into a list."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ops.lists.filters import StrictFilterSet


@dataclass(frozen=True, kw_only=True)
class Target:
    """The rows behind one model label.

    `frozen(data, everything=…)` makes a filter's parameters absolute. `matching(values, below, limit)` gives
    what matches a filter's clean values, highest ids first, beginning below an id, so that each row is met
    once whatever changes meanwhile; `given(ids)` gives those of the ids that exist. Both have the columns
    id, seen_state, seen_group and created_at. `count(frozen)` is capped. `made(job)` counts what a job made,
    by the engine's status, and as `made` all of it. `fared(items)` counts what the items' verb made: how many
    have ended, and how many of those failed; `drift(job, cursor)` says what happened to its items since.
    """

    model: str
    noun: str
    filter: type[StrictFilterSet]
    frozen: Callable[..., dict[str, Any]]
    matching: Callable[[Any, str | None, int], QuerySet[Any]]
    given: Callable[[Sequence[str]], QuerySet[Any]]
    count: Callable[[dict[str, Any]], int]
    made: Callable[[int], Mapping[str, int]]
    fared: Callable[[QuerySet[Any]], tuple[int, int]]
    drift: Callable[[int, int], Iterable[str]]


_registry: dict[str, Target] = {}


def register(target: Target) -> None:
    """Make the target known to every door."""
    _registry[target.model] = target


def get_target(model: str) -> Target:
    """The target of a model label such as `runs.run`."""
    return _registry[model]
