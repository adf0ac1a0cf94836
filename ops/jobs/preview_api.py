"""What a job would do, and how its items ended, over the API."""

from typing import Any

from rest_framework import serializers


class ShareSerializer(serializers.Serializer[Any]):
    """How many items are alike."""

    name = serializers.CharField()
    count = serializers.IntegerField()


class EndSerializer(serializers.Serializer[Any]):
    """How many items come, or came, to the same end."""

    outcome = serializers.CharField(help_text="done, skipped or failed.")
    remark = serializers.CharField()
    count = serializers.IntegerField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What confirming a job would do."""

    total = serializers.IntegerField()
    expected = EndSerializer(many=True)
    states = ShareSerializer(many=True, help_text="When the list was frozen.")
    groups = ShareSerializer(many=True, help_text="By function.")
    ages = ShareSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField(), help_text="Of the first 1,000 items.")
    changed = serializers.ListField(
        child=serializers.CharField(), help_text="What happened since to the items that are still to be done."
    )
    final = serializers.CharField(help_text="What can't be taken back.")


class MadeSerializer(serializers.Serializer[Any]):
    """How many runs a job made, by status; `GET /api/runs?job=<id>` lists them."""

    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="By the engine's status.")
    failed_per_cent = serializers.FloatField(allow_null=True, help_text="Of those that have ended.")


class EndingsSerializer(serializers.Serializer[Any]):
    """How the items ended that have been tried."""

    results = EndSerializer(many=True, help_text="The 20 most frequent.")
    made = MadeSerializer(allow_null=True, help_text="The new runs of a replay, as they are now.")
