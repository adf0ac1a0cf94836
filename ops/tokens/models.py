"""The table of API tokens."""

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A bearer token of one person; only its digest is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="Written at most once a minute.")

    class Meta:
        verbose_name = "API token"
        default_permissions = ("view", "add", "delete")
        permissions = (("issue_apitoken", "Can create API tokens for others"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
