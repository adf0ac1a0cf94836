from django.db import migrations, models

import ops.engine.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", ops.engine.fields.EngineIdField(primary_key=True, serialize=False)),
                ("function_id", ops.engine.fields.EngineTextField(length=255)),
                ("status", ops.engine.fields.EngineTextField(length=50)),
                ("attempt", models.IntegerField()),
                ("max_attempts", models.IntegerField()),
                ("input", ops.engine.fields.EngineJSONField()),
                ("output", ops.engine.fields.EngineJSONField(null=True)),
                ("error", ops.engine.fields.EngineTextField(length=None, null=True)),
                ("created_at", ops.engine.fields.EngineTimestampField()),
                ("started_at", ops.engine.fields.EngineTimestampField(null=True)),
                ("ended_at", ops.engine.fields.EngineTimestampField(null=True)),
                ("locked_until", ops.engine.fields.EngineTimestampField(null=True)),
                ("locked_by", ops.engine.fields.EngineTextField(length=255, null=True)),
                ("concurrency_key", ops.engine.fields.EngineTextField(length=255, null=True)),
                ("run_after", ops.engine.fields.EngineTimestampField(null=True)),
            ],
            options={
                "db_table": "function_runs",
                "permissions": (("cancel_run", "Can cancel runs"), ("replay_run", "Can replay runs")),
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", ops.engine.fields.EngineIdField(primary_key=True, serialize=False)),
                ("step_id", ops.engine.fields.EngineTextField(length=255)),
                ("status", ops.engine.fields.EngineTextField(length=50)),
                ("input", ops.engine.fields.EngineJSONField(null=True)),
                ("output", ops.engine.fields.EngineJSONField(null=True)),
                ("error", ops.engine.fields.EngineTextField(length=None, null=True)),
                ("attempt", models.IntegerField()),
                ("created_at", ops.engine.fields.EngineTimestampField()),
                ("started_at", ops.engine.fields.EngineTimestampField(null=True)),
                ("ended_at", ops.engine.fields.EngineTimestampField(null=True)),
            ],
            options={
                "db_table": "step_runs",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "run",
                    ops.engine.fields.EngineIdField(
                        help_text="The new run.", primary_key=True, serialize=False
                    ),
                ),
                (
                    "origin",
                    ops.engine.fields.EngineIdField(db_index=True, help_text="The run that was replayed."),
                ),
                (
                    "root",
                    ops.engine.fields.EngineIdField(db_index=True, help_text="The first run of the family."),
                ),
                ("generation", models.IntegerField(help_text="1 for a replay of an original.")),
                (
                    "mode",
                    models.CharField(
                        choices=[("start", "From the start"), ("failed-step", "From the failed step")],
                        max_length=12,
                    ),
                ),
                ("edited", models.BooleanField(help_text="With an input of its own, by a new event.")),
                (
                    "job",
                    models.BigIntegerField(
                        help_text="The job that made it, if one did; no foreign key.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["job", "run"], name="runs_replay_job")],
            },
        ),
    ]
