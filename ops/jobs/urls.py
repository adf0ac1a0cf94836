"""Addresses of jobs."""

from django.urls import path

from ops.jobs import views

urlpatterns = [
    path("ops/jobs", views.job_list, name="jobs"),
    path("ops/cancellations", views.job_list, {"verb": "runs.cancel", "title": "Cancellations"}),
    path("ops/replays", views.job_list, {"verb": "runs.replay", "title": "Replays"}),
    path("ops/jobs/create", views.create),
    path("ops/jobs/<int:pk>", views.job_detail, name="job"),
    path("ops/jobs/<int:pk>/items.csv", views.items_csv),
    path("ops/jobs/<int:pk>/confirm", views.confirm),
    path("ops/jobs/<int:pk>/stop", views.stop),
    path("ops/jobs/<int:pk>/resume", views.resume),
    path("ops/jobs/<int:pk>/discard", views.discard),
    path("ops/jobs/<int:pk>/retry-failed", views.retry),
    path("ops/jobs/<int:pk>/undo", views.undo),
    path("ops/jobs/<int:pk>/pace", views.pace),
]
