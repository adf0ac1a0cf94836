"""What the audit log withholds from people who may read it, but not payloads.

Entries are never changed, so an edited input stays in its entry; it is left out wherever the entry is told.
"""

from collections.abc import Mapping
from typing import Any

from ops.operations.operation import operations

PAYLOADS = "events.view_payload"
# What `ops.audit.models.read_object` calls a text that isn't a JSON object: it may hold anything.
UNREADABLE = "unreadable"


def withheld(parameters: Mapping[str, Any]) -> list[str]:
    """The names of the parameters that hold a payload.

    Told from the names alone, so that an entry of a verb that is gone gives nothing away either.
    """
    named = {UNREADABLE}.union(*(operation.payloads for operation in operations()))
    return sorted(name for name, value in parameters.items() if name in named and value)


def redacted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, with null in place of payloads."""
    return {**parameters, **dict.fromkeys(withheld(parameters))}
