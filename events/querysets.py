"""Every question asked of the events table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from events.models import Event  # noqa: F401 - named in a string below


class EventQuerySet(models.QuerySet["Event"]):
    """Events; lists never read the payload."""

    def for_list(self) -> Self:
        """The columns a list shows."""
        return self.defer("data")
