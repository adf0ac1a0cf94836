"""Every address under /api."""

from django.urls import URLPattern, path, re_path

from console.api_docs import SchemaView, docs
from events.api import EventDetail, EventList
from functions.api import FunctionDetail, FunctionList
from ops.api.verbs import verb_paths
from ops.api.views import UnknownAddress
from ops.audit_api import AuditDetail, AuditItemList, AuditList
from ops.health_api import HealthView
from ops.jobs.api import bulk_paths
from ops.jobs.api import urlpatterns as job_paths
from ops.jobs.preview_api import urlpatterns as preview_paths
from runs.api import EventRunList, RunDetail, RunList, StepList
from runs.stats_api import RunStats

urlpatterns: list[URLPattern] = [
    # Before the things: a verb is no id.
    *verb_paths(),
    *bulk_paths(),
    path("runs", RunList.as_view()),
    path("runs/stats", RunStats.as_view()),
    path("runs/<str:id>", RunDetail.as_view()),
    path("runs/<str:id>/steps", StepList.as_view()),
    path("events", EventList.as_view()),
    path("events/<str:id>", EventDetail.as_view()),
    path("events/<str:id>/runs", EventRunList.as_view()),
    path("functions", FunctionList.as_view()),
    path("functions/<path:id>", FunctionDetail.as_view()),
    *job_paths,
    *preview_paths,
    path("audit", AuditList.as_view()),
    path("audit/<str:id>", AuditDetail.as_view()),
    path("audit/<str:id>/items", AuditItemList.as_view()),
    path("health", HealthView.as_view()),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs", docs, name="api-docs"),
    re_path("", UnknownAddress.as_view()),
]
