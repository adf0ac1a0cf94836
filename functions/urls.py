"""Addresses of functions."""

from django.urls import path

from functions.views import function_detail, function_list

urlpatterns = [
    path("functions", function_list, name="functions"),
    path("functions/<path:place>", function_detail, name="function"),
]
