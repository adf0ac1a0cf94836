"""Django's system checks of the settings: variables that can't be used, and those that nothing reads."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name


@register
def usable_settings(**about: Any) -> list[CheckMessage]:
    """An error for each that stands in the way of a start, a warning for each that is perhaps misspelt."""
    faulty = [
        Error(f"{one.name}: {one.wrong}", hint=one.remedy, id="console.E001") for one in settings.FAULTS
    ]
    unread = [
        Warning(f"{one.name}: {one.wrong}", hint=one.remedy, id="console.W001") for one in settings.UNREAD
    ]
    return [*faulty, *unread]
