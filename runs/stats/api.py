"""Figures of a span of time over the API: those of the overview."""

from typing import Any

from rest_framework import serializers

from ops.api.fields import MomentField
from ops.api.pagination import WindowSerializer
from runs.stats.statistics import Frame


class BucketSerializer(serializers.Serializer[Any]):
    """What happened in one bucket of the span."""

    start = MomentField(help_text="Inclusive.")
    end = MomentField(help_text="Exclusive.")
    states = serializers.DictField(
        child=serializers.IntegerField(), help_text="State now → runs created in the bucket."
    )
    started = serializers.IntegerField(help_text="Runs first leased in it.")
    completed = serializers.IntegerField(help_text="Runs completed in it.")
    failed = serializers.IntegerField(help_text="Runs that failed for good in it.")
    backlog = serializers.IntegerField(help_text="Runs waiting for their first lease at its end.")


class FunctionFiguresSerializer(serializers.Serializer[Any]):
    """One function's runs that were created in the span."""

    function_id = serializers.CharField()
    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    rate = serializers.FloatField(
        allow_null=True, help_text="Failed among completed and failed, 0 to 1; null when none has finished."
    )


class StatsSerializer(serializers.Serializer[Any]):
    """Figures of a span; at most 30 seconds old."""

    span = WindowSerializer(help_text="What the figures are about.")
    shortened = serializers.BooleanField(help_text="Whether more was asked for than can be read at once.")
    measured_at = MomentField()
    total = serializers.IntegerField(help_text="Runs created in the span.")
    states = serializers.DictField(child=serializers.IntegerField(), help_text="State now → of these runs.")
    buckets = BucketSerializer(many=True)
    functions = FunctionFiguresSerializer(many=True, help_text="Most runs first.")


def figures_of(found: Frame) -> dict[str, Any]:
    """A frame as plain values."""
    states = found.by_state()
    return {
        "span": found.span,
        "shortened": found.is_shortened,
        "measured_at": found.measured_at,
        "total": found.total(),
        "states": {state: sum(counts) for state, counts in states.items()},
        "buckets": list(buckets_of(found, states)),
        "functions": found.functions(),
    }


def buckets_of(found: Frame, states: dict[str, list[int]]) -> list[dict[str, Any]]:
    """One after the other, as they follow in time."""
    flow, backlog = found.throughput(), found.backlog()
    columns = zip(found.buckets, flow.started, flow.completed, flow.failed, backlog, strict=True)
    return [
        {
            "start": start,
            "end": end,
            "states": {state: counts[number] for state, counts in states.items()},
            "started": started,
            "completed": completed,
            "failed": failed,
            "backlog": waiting,
        }
        for number, ((start, end), started, completed, failed, waiting) in enumerate(columns)
    ]
