"""Every address under /api."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from console.api_docs import SchemaView, docs
from events.api import EventViewSet
from functions.api import FunctionViewSet
from ops.api.routers import Router
from ops.api.views import unknown_address
from ops.health.api import HealthViewSet
from ops.jobs.api import JobViewSet
from ops.review.api import AuditViewSet
from runs.api import EventRunViewSet, RunViewSet

router = Router()
router.register("runs", RunViewSet, basename="runs")
router.register("events", EventViewSet, basename="events")
router.register("events/<str:id>/runs", EventRunViewSet, basename="events_runs")
router.register("functions", FunctionViewSet, basename="functions")
router.register("jobs", JobViewSet, basename="jobs")
router.register("audit", AuditViewSet, basename="audit")
router.register("health", HealthViewSet, basename="health")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs", docs, name="api-docs"),
    path("", include(router.urls)),
    re_path("", unknown_address),
]
