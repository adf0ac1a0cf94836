"""Every question asked of the events table."""

from django.db import models


class EventQuerySet(models.QuerySet["Event"]):  # type: ignore[name-defined]  # noqa: F821
    """Events; lists never read the payload."""

    def for_list(self) -> "EventQuerySet":
        """The columns a list shows."""
        return self.defer("data")
