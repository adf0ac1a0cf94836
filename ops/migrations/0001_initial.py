"""The console's own tables; of the audit log's the head of the chain and the triggers that let it only grow."""

from typing import Any

import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from ops.audit.chain import empty_head
from ops.audit.triggers import protect, unprotect


def add_head(apps: Any, schema_editor: Any) -> None:
    apps.get_model("ops", "AuditHead").objects.create(pk=1, **empty_head())


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                (
                    "seal",
                    models.CharField(
                        help_text="Nobody without the key can move the end back.", max_length=64
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Health",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("ok", models.BooleanField()),
                ("summary", models.CharField(max_length=500)),
                ("data", models.JSONField(default=dict)),
                ("measured_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "health",
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("auto", "System"), ("light", "Light"), ("dark", "Dark")],
                        default="auto",
                        max_length=5,
                    ),
                ),
                (
                    "density",
                    models.CharField(
                        choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
                        default="comfortable",
                        max_length=11,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(blank=True, help_text="IANA name; empty: the browser's.", max_length=64),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(max_length=8, unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, help_text="Written at most once a minute.", null=True),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "permissions": (("issue_apitoken", "Can create API tokens for others"),),
                "default_permissions": ("view", "add", "delete"),
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        help_text="1, 2, 3 …: a gap is a removed entry.", primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                ("actor", models.CharField(max_length=150)),
                (
                    "actor_id",
                    models.BigIntegerField(
                        help_text="No foreign key: the entry outlives the person.", null=True
                    ),
                ),
                ("roles", models.CharField(help_text="The actor's groups at that time.", max_length=255)),
                ("door", models.CharField(max_length=10)),
                ("address", models.CharField(max_length=45)),
                ("user_agent", models.CharField(max_length=300)),
                ("request_id", models.CharField(max_length=64)),
                ("verb", models.CharField(max_length=100)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("performed", "Performed"), ("refused", "Refused"), ("failed", "Failed")],
                        max_length=10,
                    ),
                ),
                (
                    "job",
                    models.BigIntegerField(help_text="The job in its parameters, for an index.", null=True),
                ),
                ("reason", models.TextField()),
                ("parameters", models.TextField(help_text="JSON text, sorted keys.")),
                ("counts", models.TextField(help_text="JSON text: requested, done, skipped, failed.")),
                (
                    "digest_version",
                    models.SmallIntegerField(help_text="Which form its digests have: docs/audit-chain.md."),
                ),
                ("items_digest", models.CharField(max_length=64)),
                (
                    "key",
                    models.CharField(
                        help_text="Fingerprint of the key that signed this entry.", max_length=8
                    ),
                ),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["verb", "id"], name="audit_verb"),
                    models.Index(fields=["actor", "id"], name="audit_actor"),
                    models.Index(fields=["outcome", "id"], name="audit_outcome"),
                    models.Index(fields=["job", "id"], name="audit_job"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verb", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("collecting", "Collecting"),
                            ("ready", "Ready"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                            ("discarded", "Discarded"),
                        ],
                        default="collecting",
                        max_length=10,
                    ),
                ),
                (
                    "explanation",
                    models.CharField(blank=True, help_text="Why it failed or stopped.", max_length=500),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "parameters",
                    models.TextField(default="{}", help_text="JSON text of the verb's parameters."),
                ),
                (
                    "source",
                    models.TextField(
                        help_text="The filter in words, or what the ids were; never evaluated again."
                    ),
                ),
                ("frontier", models.TextField(default="{}", help_text="JSON text: what is left to collect.")),
                (
                    "relation",
                    models.CharField(blank=True, help_text="To its origin: retry or undo.", max_length=20),
                ),
                ("created_by", models.CharField(max_length=150)),
                (
                    "actor_id",
                    models.BigIntegerField(help_text="No foreign key: the job outlives the person."),
                ),
                (
                    "actor",
                    models.CharField(
                        help_text="Who made it, confirmed it or resumed it last.", max_length=150
                    ),
                ),
                ("door", models.CharField(max_length=10)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("failed", models.IntegerField(default=0)),
                (
                    "cursor",
                    models.IntegerField(default=0, help_text="Items up to this position have been tried."),
                ),
                (
                    "second_cursor",
                    models.IntegerField(default=0, help_text="Up to here those left over were tried again."),
                ),
                ("chunk", models.IntegerField(default=125, help_text="Items per transaction.")),
                (
                    "duty",
                    models.IntegerField(
                        default=50, help_text="Per cent of the time spent working; 100 is full speed."
                    ),
                ),
                (
                    "feed",
                    models.FloatField(
                        help_text="New runs per second; NULL is as fast as it goes.", null=True
                    ),
                ),
                (
                    "feed_cursor",
                    models.IntegerField(default=0, help_text="The cursor at which the present rate began."),
                ),
                (
                    "feed_worked",
                    models.FloatField(default=0, help_text="What had been worked when it began."),
                ),
                (
                    "brake",
                    models.IntegerField(
                        help_text="Stop when more than this per cent of new runs failed.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "worked",
                    models.FloatField(default=0, help_text="Seconds it has been running, stops left out."),
                ),
                (
                    "worked_at",
                    models.DateTimeField(
                        help_text="Up to when they are counted; NULL after a stop.", null=True
                    ),
                ),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "origin",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successors",
                        to="ops.job",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="JobItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "job_id", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.IntegerField()),
                ("target", models.CharField(max_length=255)),
                (
                    "seen_state",
                    models.CharField(blank=True, help_text="When the list was frozen.", max_length=20),
                ),
                ("seen_group", models.CharField(blank=True, help_text="The run's function.", max_length=255)),
                ("seen_created_at", models.DateTimeField(null=True)),
                (
                    "expected",
                    models.CharField(
                        help_text="As what the job that this one undoes or retries left it.",
                        max_length=64,
                        null=True,
                    ),
                ),
                (
                    "mark",
                    models.CharField(
                        help_text="As what this job left it, for its undo.", max_length=64, null=True
                    ),
                ),
                ("outcome", models.CharField(default="pending", max_length=10)),
                ("reason", models.TextField(blank=True)),
                (
                    "result",
                    models.CharField(
                        blank=True, help_text="The id of what was made, if anything.", max_length=255
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="ops.job",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="KnownRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=255)),
                ("digest", models.CharField(help_text="SHA-256 of method, address and body.", max_length=64)),
                ("status", models.IntegerField(default=0)),
                ("answer", models.TextField(default="")),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("user_id", "key"), name="known_request_key")],
            },
        ),
        migrations.CreateModel(
            name="AuditItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "entry", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.IntegerField()),
                ("target", models.CharField(max_length=255)),
                ("outcome", models.CharField(max_length=10)),
                ("reason", models.TextField()),
                ("before", models.TextField(help_text="JSON text; empty when nothing was changed.")),
                ("after", models.TextField(help_text="JSON text; empty when nothing was changed.")),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="items",
                        to="ops.auditentry",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["target", "entry"], name="audit_item_target")],
            },
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["state", "lease_until"], name="job_due"),
        ),
        migrations.RunPython(add_head, migrations.RunPython.noop),
        migrations.RunPython(
            lambda apps, editor: protect(editor.connection),
            lambda apps, editor: unprotect(editor.connection),
        ),
    ]
