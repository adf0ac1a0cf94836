"""Addresses of the audit log."""

from django.urls import path

from ops.health.views import health_page
from ops.tokens.views import own_token, own_tokens

urlpatterns = [
    path("ops/health", health_page, name="health"),
    path("tokens", own_tokens, name="tokens"),
    path("tokens/<str:prefix>", own_token, name="token"),
]
