"""Addresses of the audit log."""

from django.urls import path

from ops.health.views import health_page
from ops.review.export import audit_export
from ops.review.views import audit_entry, audit_list
from ops.tokens.views import own_token, own_tokens

urlpatterns = [
    path("ops/health", health_page, name="health"),
    path("tokens", own_tokens, name="tokens"),
    path("tokens/<str:prefix>", own_token, name="token"),
    path("audit", audit_list, name="audit"),
    path("audit/export", audit_export),
    path("audit/<int:number>", audit_entry, name="audit-entry"),
]
