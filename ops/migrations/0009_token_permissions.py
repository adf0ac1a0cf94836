"""Permissions to create API tokens on a page: one's own, and others'."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("ops", "0008_item_marks"),)

    operations = (
        migrations.AlterModelOptions(
            name="apitoken",
            options={
                "default_permissions": ("view", "add", "delete"),
                "permissions": (("issue_apitoken", "Can create API tokens for others"),),
                "verbose_name": "API token",
            },
        ),
    )
