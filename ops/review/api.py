"""The audit log over the API."""

import json
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.fields import MomentField, NamesField
from ops.api.viewsets import ReadOnlyViewSet
from ops.audit.chain import faults_at
from ops.audit.models import AuditEntry, AuditItem
from ops.lists.branches import Branches
from ops.review.filters import BY_POSITION, AuditFilter
from ops.review.places import Places
from ops.review.redaction import PAYLOADS, redacted, withheld

PERMISSION = "ops.view_auditentry"
HASH = "The entry's link of the chain; `manage.py audit verify` checks it."


@extend_schema_field({})
class JSONTextField(serializers.Field[Any, Any, Any, Any]):
    """JSON kept as text; an entry that somebody tampered with may hold anything."""

    def to_representation(self, value: str) -> Any:
        """The value; null for none, the text itself if it is no JSON."""
        try:
            return json.loads(value) if value else None
        except ValueError:
            return value


class AuditLinksSerializer(serializers.Serializer[AuditEntry]):
    """Addresses without host."""

    self = serializers.CharField()
    items = serializers.CharField()
    proof = serializers.CharField()
    entries = serializers.CharField(allow_null=True, help_text="All entries of the job, one by one.")
    page = serializers.CharField(help_text="For people.")

    def to_representation(self, entry: AuditEntry) -> dict[str, str | None]:
        """From the numbers of the entry and of its job."""
        here = f"/api/audit/{entry.pk}"
        job = None if entry.job is None else f"/api/audit?job={entry.job}"
        return {
            "self": here,
            "items": f"{here}/items",
            "proof": f"{here}/proof",
            "entries": job,
            "page": f"/audit/{entry.pk}",
        }


class AuditEntrySerializer(serializers.Serializer[AuditEntry]):
    """One attempt to change something, or one sign-in."""

    id = serializers.IntegerField(help_text="1, 2, 3 …: a gap is a removed entry.")
    at = MomentField()
    actor = serializers.CharField(help_text="User name, or `system`.")
    roles = serializers.CharField(allow_blank=True, help_text="The actor's groups at that time.")
    door = serializers.CharField(help_text="The way in: page, api, command, job or system.")
    address = serializers.CharField(allow_blank=True)
    user_agent = serializers.CharField(allow_blank=True)
    request_id = serializers.CharField(allow_blank=True)
    verb = serializers.CharField()
    outcome = serializers.ChoiceField(choices=AuditEntry.Outcome.choices)
    job = serializers.IntegerField(allow_null=True, help_text="The job that it belongs to.")
    entries = serializers.IntegerField(
        help_text="How many entries this row stands for: a list shows those of a job in one row."
    )
    reason = serializers.CharField(allow_blank=True)
    parameters = JSONTextField()
    redacted = NamesField(help_text="Parameters withheld: null without events.view_payload.")
    counts = JSONTextField(help_text="requested, done, skipped, failed.")
    hash = serializers.CharField(help_text=HASH)
    links = AuditLinksSerializer(source="*")

    def to_representation(self, entry: AuditEntry) -> dict[str, Any]:
        """Without the payloads that the caller may not see."""
        told = dict(super().to_representation(entry))
        if not self.context["sees_payloads"]:
            parameters = entry.parameters_value
            told |= {"parameters": redacted(parameters), "redacted": withheld(parameters)}
        return told


class AuditItemSerializer(serializers.Serializer[AuditItem]):
    """What one entry did to one id."""

    position = serializers.IntegerField()
    id = serializers.CharField(source="target")
    outcome = serializers.ChoiceField(choices=["done", "skipped", "failed"])
    reason = serializers.CharField(allow_blank=True)
    before = JSONTextField(help_text="Columns before; null if nothing was changed.")
    after = JSONTextField(help_text="The same columns afterwards.")


class AuditProofSerializer(serializers.Serializer[AuditEntry]):
    """An entry's link of the chain, as the documentation of the digests names it, and whether it verifies."""

    digest_version = serializers.IntegerField(help_text="Which form the digests have.")
    key = serializers.CharField(help_text="Fingerprint of the key that signed the entry.")
    items_digest = serializers.CharField()
    previous = serializers.CharField(help_text="The hash of the entry before.")
    hash = serializers.CharField()
    faults = serializers.SerializerMethodField(
        help_text="Why it doesn't verify, a sentence each; empty if it does."
    )

    def get_faults(self, entry: AuditEntry) -> list[str]:
        """What a verification of this entry and its links finds now."""
        return [fault.text for fault in faults_at(entry)]


class AuditViewSet(ReadOnlyViewSet):
    """The audit log, newest first; the entries of a job are one row, in the place of the first."""

    queryset = AuditEntry.objects.all()
    permission = PERMISSION
    payload_permission = PAYLOADS
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilter

    @cached_property
    def places(self) -> Places:
        """The rows that match."""
        return Places.of(AuditFilter(self.filter_parameters()))

    def filter_queryset(self, queryset: Any) -> Any:
        """The entries that match, those of a job in one place."""
        return Branches(self.places.branches)

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of the list with how many entries each row stands for."""
        rows = super().paginate_queryset(queryset)
        return self.places.told(rows or []) if self.action == "list" else rows

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One entry; what it did to each id is in its items."""
        return super().retrieve(request, *args, **kwargs)

    @action(detail=True, serializer_class=AuditItemSerializer, filterset_class=None, order=BY_POSITION)
    def items(self, request: Request, **address: str) -> Response:
        """What one entry did to each id, in the order in which they were given."""
        return self.answer_page(self.get_object().items.all())

    @action(detail=True, serializer_class=AuditProofSerializer, filter_backends=[], pagination_class=None)
    def proof(self, request: Request, **address: str) -> Response:
        """The entry's digests, and whether it verifies; `manage.py audit verify` verifies the whole log."""
        return Response(self.get_serializer(self.get_object()).data)
