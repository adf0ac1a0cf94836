"""The API door of every operation: `POST /api/runs/cancel` with ids, `POST /api/runs/<id>/cancel` for one.

Addresses, bodies and their OpenAPI follow from the registry; no rule of a verb is here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import URLPattern, path
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from ops.actors import Actor, actor_of
from ops.api.bodies import body_of
from ops.api.errors import Problem
from ops.api.posts import PostView
from ops.audit import Change
from ops.engine.fields import EngineIdField
from ops.operations import Operation, Result, operations


class OutcomeSerializer(serializers.Serializer[Any]):
    """What happened to one id."""

    id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["done", "skipped", "failed"])
    reason = serializers.CharField(allow_blank=True, help_text="Why it was skipped, or what to expect now.")
    result = serializers.CharField(required=False, help_text="The id of what was made, if anything.")


class VerbResultSerializer(serializers.Serializer[Any]):
    """One outcome per id, in the order of the ids, and the number of the audit entry."""

    outcomes = OutcomeSerializer(many=True)
    audit = serializers.IntegerField()


class VerbView(PostView):
    """A verb on a list of ids."""

    operation: Operation
    answer = VerbResultSerializer
    act = "many"
    many = True

    def do(self, request: Request, **address: Any) -> Response:
        """Do it, and say per id what happened."""
        body = self.read_body(request)
        ids = self.ids_of(body, address)
        reason = body.pop("reason", "")
        result = self.operation(ids, actor=self.actor(), reason=reason, parameters=body)
        return self.respond(result)

    def ids_of(self, body: dict[str, Any], address: Mapping[str, str]) -> list[str]:
        """Whom it is about."""
        return list(body.pop("ids"))

    def respond(self, result: Result) -> Response:
        """The outcomes; skipped ones are no error in a list."""
        return Response(told(result))

    def actor(self) -> Actor:
        """The caller, as the audit log keeps callers."""
        return actor_of(self.request, door="api")

    def read_body(self, request: Request) -> dict[str, Any]:
        """The checked body; InvalidInput, ParseError or UnsupportedMediaType."""
        serializer = body_of(self.operation, many=self.many)(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def check_permissions(self, request: Request) -> None:
        """The operation itself refuses, and audits that with what was asked, as far as it can be read."""
        if request.method == "POST" and request.user.is_authenticated and not self.may_act():
            ids, reason = asked(request, self.kwargs)
            self.operation.admit(ids, actor=self.actor(), reason=reason)
        super().check_permissions(request)

    def may_act(self) -> bool:
        """Whether the caller has the verb's permission."""
        return self.actor().may(self.operation.permission)


class SingleVerbView(VerbView):
    """A verb on the one thing that the address names."""

    act = ""
    many = False

    def ids_of(self, body: dict[str, Any], address: Mapping[str, str]) -> list[str]:
        """The id of the address."""
        return [address["id"]]

    def respond(self, result: Result) -> Response:
        """409 when its state forbids the verb, 404 when there is no such thing; with the outcomes."""
        if result.counts["done"]:
            return Response(told(result))
        [change] = result.changes
        if exists(self.operation, change.target):
            problem = Problem(status=status.HTTP_409_CONFLICT, code="conflict", message=change.reason)
        else:
            problem = Problem(status=status.HTTP_404_NOT_FOUND, code="not_found", message=change.reason)
        return Response(problem.body | told(result), status=problem.status)


def told(result: Result) -> dict[str, Any]:
    """The JSON of a result."""
    return {"outcomes": [outcome_of(one) for one in result.changes], "audit": result.entry.pk}


def outcome_of(change: Change) -> dict[str, str]:
    """The JSON of one outcome."""
    told = {"id": change.target, "outcome": change.outcome, "reason": change.reason}
    return told | ({"result": change.result} if change.result else {})


def asked(request: Request, address: Mapping[str, str]) -> tuple[list[str], str]:
    """Ids and reason of a call that is refused anyway, for the audit log; empty where they can't be read."""
    try:
        body = request.data if isinstance(request.data, dict) else {}
    except APIException:
        body = {}
    ids = [address["id"]] if "id" in address else body.get("ids")
    reason = body.get("reason")
    readable = [pk for pk in ids if isinstance(pk, str)] if isinstance(ids, list) else []
    return readable, reason if isinstance(reason, str) else ""


def exists(operation: Operation, pk: str) -> bool:
    """Whether there is such a thing at all."""
    try:
        return model_of(operation)._default_manager.filter(pk=pk).exists()
    except (ValidationError, ValueError):  # an id that the database can't hold
        return False


def model_of(operation: Operation) -> type[models.Model]:
    """What the verb acts on."""
    return apps.get_model(operation.model)


def verb_paths() -> Iterator[URLPattern]:
    """The addresses of every registered verb."""
    for operation in operations():
        model = model_of(operation)
        collection = str(model._meta.verbose_name_plural)
        verb = operation.name.split(".", 1)[1]
        # Other ids than the engine's own may hold slashes.
        kind = "str" if isinstance(model._meta.pk, EngineIdField) else "path"
        yield path(f"{collection}/{verb}", view_of(operation, VerbView).as_view())
        yield path(f"{collection}/<{kind}:id>/{verb}", view_of(operation, SingleVerbView).as_view())


def view_of(operation: Operation, base: type[VerbView]) -> type[VerbView]:
    """The view of one verb."""
    about = {
        "operation": operation,
        "permission": operation.permission,
        "asked": body_of(operation, many=base.many),
        "__doc__": f"{operation.label}. {operation.final}",
    }
    return type(base.__name__, (base,), about)
