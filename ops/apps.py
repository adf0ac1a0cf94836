"""Configuration of the app `ops`."""

from typing import ClassVar

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Permissions: each with the lowest role that has it."""

    name = "ops"
    permissions: ClassVar = {
        "ops.view_auditentry": "Operator",
        "ops.view_health": "Viewer",
        "ops.view_job": "Viewer",
        "ops.view_apitoken": "Admin",
        "ops.delete_apitoken": "Admin",
        "auth.view_user": "Admin",
        "auth.add_user": "Admin",
        "auth.change_user": "Admin",
        "auth.view_group": "Admin",
        "auth.add_group": "Admin",
        "auth.change_group": "Admin",
        "auth.delete_group": "Admin",
    }
