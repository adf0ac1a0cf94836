"""Configuration of the app `ops`."""

from typing import ClassVar

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from ops.access.grants import Grant


class OpsConfig(AppConfig):
    """Permissions: each with the lowest role that has it."""

    name = "ops"
    permissions: ClassVar = {
        "ops.view_auditentry": Grant("Operator", "read the audit log"),
        "ops.view_health": Grant("Viewer", "see the console's health"),
        "ops.view_job": Grant("Viewer", "see jobs"),
        "ops.add_apitoken": Grant("Viewer", "create and revoke API tokens of one's own"),
        "ops.issue_apitoken": Grant("Admin", "create API tokens for others"),
        "ops.view_apitoken": Grant("Admin", "see everybody's API tokens"),
        "ops.view_user": Grant("Admin", "see users"),
        "ops.add_user": Grant("Admin", "add users"),
        "ops.change_user": Grant("Admin", "change users"),
        "ops.delete_user": Grant("Admin", "delete users"),
        "ops.delete_apitoken": Grant("Admin", "revoke everybody's API tokens"),
    }

    def ready(self) -> None:
        """See to the triggers that tell every process of changed rights."""
        from ops.access.rights_triggers import after_migrations

        post_migrate.connect(after_migrations, sender=self)
