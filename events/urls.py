"""Addresses of events."""

from django.urls import path

from events.views import event_detail, event_list, event_payload

urlpatterns = [
    path("events", event_list, name="events"),
    path("events/<path:pk>/payload", event_payload, name="event-payload"),
    path("events/<path:pk>", event_detail, name="event"),
]
