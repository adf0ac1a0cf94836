"""The audit log can only grow: the database refuses UPDATE, DELETE and TRUNCATE of it."""

from typing import Any

from django.db import migrations

from ops.audit.chain import empty_head
from ops.audit.triggers import protect, unprotect


def add_head(apps: Any, schema_editor: Any) -> None:
    apps.get_model("ops", "AuditHead").objects.get_or_create(pk=1, defaults=empty_head())


class Migration(migrations.Migration):
    dependencies = [("ops", "0001_initial")]

    operations = [
        migrations.RunPython(add_head, migrations.RunPython.noop),
        migrations.RunPython(
            lambda apps, editor: protect(editor.connection),
            lambda apps, editor: unprotect(editor.connection),
        ),
    ]
