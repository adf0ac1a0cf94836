"""Addresses of runs."""

from django.urls import path

from runs.views.detail import run_detail, run_quick, run_value
from runs.views.list import run_list
from runs.views.replay import replay_page

urlpatterns = [
    path("runs", run_list, name="runs"),
    path("runs/<str:pk>", run_detail, name="run"),
    path("runs/<str:pk>/replay", replay_page, name="run-replay"),
    path("runs/<str:pk>/quick", run_quick, name="run-quick"),
    path("runs/<str:pk>/values/<slug:name>", run_value, name="run-value"),
]
