"""Addresses of runs."""

from django.urls import path

from runs.list_view import run_list

urlpatterns = [
    path("runs", run_list, name="runs"),
]
