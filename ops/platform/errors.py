"""The few errors of the domain; pages, API and commands put them into words."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied


class InvalidInput(Exception):
    """Input that can't be used; `fields` maps each field to what is wrong and how to put it right."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))


class StateConflict(Exception):
    """The thing is in a state that forbids the verb."""


class EngineMismatch(Exception):
    """The engine's tables are not what this version knows: reading goes on, operations are refused."""


__all__ = ["EngineMismatch", "InvalidInput", "PermissionDenied", "StateConflict"]
