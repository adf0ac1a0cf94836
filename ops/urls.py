"""Addresses of the audit log."""

from django.urls import path

from ops.audit_export import audit_export
from ops.views import audit_entry, audit_list

urlpatterns = [
    path("audit", audit_list, name="audit"),
    path("audit/export", audit_export),
    path("audit/<int:number>", audit_entry, name="audit-entry"),
]
