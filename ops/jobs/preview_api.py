"""What a job would do, and how its items ended, over the API."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.views import ApiView
from ops.jobs.api import VIEW, known
from ops.jobs.made import made_by
from ops.jobs.preview import endings, preview, require_frozen


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


class JobPreview(ApiView):
    """What a job would do; it changes nothing."""

    permission = VIEW
    answer = PreviewSerializer

    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the address's own name
        """As things are now; 409 while the list is being collected."""
        job = known(id)
        require_frozen(job)
        return Response(PreviewSerializer(preview(job)).data)


class JobEndings(ApiView):
    """How a job's items ended, counted by outcome and remark."""

    permission = VIEW
    answer = EndingsSerializer

    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the address's own name
        """Of those that have been tried."""
        job = known(id)
        return Response(EndingsSerializer({"results": endings(job), "made": made_by(job)}).data)


urlpatterns = [
    path("jobs/<int:id>/preview", JobPreview.as_view()),
    path("jobs/<int:id>/endings", JobEndings.as_view()),
]
