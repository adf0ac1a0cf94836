from typing import Any

from django.db import migrations, models

# Until now only the items of a job named the runs that it made.
FIND = """
UPDATE runs_replay SET job = i.job_id
FROM ops_jobitem i JOIN ops_job j ON j.id = i.job_id
WHERE j.verb = 'runs.replay' AND i.outcome = 'done' AND runs_replay.run = {result}
"""
RESULT = {"postgresql": "CAST(nullif(i.result, '') AS uuid)", "sqlite": "i.result"}


def find_jobs(apps: Any, schema_editor: Any) -> None:
    """Note beside each run the job that made it."""
    schema_editor.execute(FIND.format(result=RESULT[schema_editor.connection.vendor]))


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0002_replays"),
        ("ops", "0003_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="replay",
            name="job",
            field=models.BigIntegerField(
                help_text="The job that made it, if one did; no foreign key.", null=True
            ),
        ),
        migrations.RunPython(find_jobs, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(fields=["job", "run"], name="runs_replay_job"),
        ),
    ]
