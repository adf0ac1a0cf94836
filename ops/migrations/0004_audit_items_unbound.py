"""Items of the audit log without a constraint, which was asked once for each item of a million.

SQLite makes the table anew for it, and the new one has no triggers yet.
"""

import django.db.models.deletion
from django.db import migrations, models

from ops.audit.triggers import protect, unprotect


class Migration(migrations.Migration):
    dependencies = [("ops", "0003_jobs")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: unprotect(editor.connection),
            lambda apps, editor: protect(editor.connection),
        ),
        migrations.AlterField(
            model_name="audititem",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="items",
                to="ops.auditentry",
            ),
        ),
        migrations.RunPython(
            lambda apps, editor: protect(editor.connection),
            lambda apps, editor: unprotect(editor.connection),
        ),
    ]
