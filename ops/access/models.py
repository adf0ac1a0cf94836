"""The people who may use the console, and the version of everybody's rights."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person, with how they want the console to look, on whichever device."""

    class Theme(models.TextChoices):
        """Which colours."""

        SYSTEM = "auto", "System"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        """How high the rows of a list are."""

        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density.choices, default=Density.COMFORTABLE)
    time_zone = models.CharField(max_length=64, blank=True, help_text="IANA name; empty: the browser's.")


class RightsVersion(models.Model):
    """One row, to which a trigger gives a new value with every change of anybody's rights."""

    value = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.value)
