"""Addresses of the audit log."""

from django.urls import path

from ops.audit_export import audit_export
from ops.health_page import health_page
from ops.token_views import own_token, own_tokens
from ops.views import audit_entry, audit_list

urlpatterns = [
    path("ops/health", health_page, name="health"),
    path("tokens", own_tokens, name="tokens"),
    path("tokens/<str:prefix>", own_token, name="token"),
    path("audit", audit_list, name="audit"),
    path("audit/export", audit_export),
    path("audit/<int:number>", audit_entry, name="audit-entry"),
]
