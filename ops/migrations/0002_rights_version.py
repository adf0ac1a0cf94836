"""The version of everybody's rights; its triggers are installed after every migration."""

from typing import Any

from django.db import migrations, models

from ops.access.rights_triggers import remove


def remove_triggers(apps: Any, schema_editor: Any) -> None:
    """Going back: without the table each change of a person would fail."""
    remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = (("ops", "0001_initial"),)

    operations = (
        migrations.CreateModel(
            name="RightsVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(migrations.RunPython.noop, remove_triggers),
    )
