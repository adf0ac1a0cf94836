"""Verbs as viewset actions, generated from the registry of operations: no rule of a verb is here."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.http import QueryDict
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from ops.access.actors import Actor, actor_of
from ops.api.errors import Problem
from ops.api.filters import without
from ops.api.idempotency import HEADER, once
from ops.api.parsers import JSONParser
from ops.api.schema import ErrorSerializer
from ops.api.viewsets import ConsoleViewSet
from ops.audit.log import Change
from ops.operations.bodies import body_of
from ops.operations.operation import Operation, Result, operations

# What the forms of the browsable API send besides the fields.
CSRF, RAW, RAW_TYPE = "csrfmiddlewaretoken", "_content", "_content_type"


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


class RefusedVerbSerializer(ErrorSerializer):
    """Why a verb did nothing to the one thing of the address; without outcomes if it wasn't tried."""

    outcomes = OutcomeSerializer(many=True, required=False)
    audit = serializers.IntegerField(required=False)


REFUSED = {
    404: OpenApiResponse(RefusedVerbSerializer, "There is no such thing."),
    409: OpenApiResponse(RefusedVerbSerializer, "Its state, or the engine's database, forbids the verb."),
}


class PostMixin(ConsoleViewSet):
    """Viewsets with actions that change something."""

    operation: Operation | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A refused POST is audited by the operation, with what was asked as far as it can be read."""
        try:
            super().initial(request, *args, **kwargs)
        except PermissionDenied:
            if request.method == "POST" and self.operation and request.user.is_authenticated:
                ids, reason = asked(request, kwargs)
                self.operation.admit(ids, actor=self.actor(), reason=reason)
            raise

    def actor(self) -> Actor:
        """The caller, as the audit log keeps callers."""
        return actor_of(self.request, door="api")

    def read_body(self) -> dict[str, Any]:
        """The checked body; ValidationError, ParseError or UnsupportedMediaType."""
        serializer = self.get_serializer(data=sent(self.request))
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def done_once(self, do: Callable[[], Response]) -> Response:
        """With an Idempotency-Key the same request is done once within 24 h, and answered the same."""
        key = self.request.headers.get(HEADER)
        if key is None:
            return do()

        def told() -> tuple[int, Any]:
            # A refusal is an answer too, and what it wrote to the audit log is kept.
            try:
                response = do()
            except Exception as error:  # noqa: BLE001 - the API's own handler knows every error
                response = self.handle_exception(error)
            return response.status_code, response.data

        code, answer = once(self.request._request, key, told)
        return Response(answer, status=code)


def sent(request: Request) -> Any:
    """Return the body; ParseError if the raw data of a form isn't JSON."""
    data = request.data
    if not isinstance(data, QueryDict):
        return data
    if RAW in data:
        return JSONParser().parse(BytesIO(str(data[RAW]).encode()))
    return without(data, {CSRF, RAW_TYPE})


class VerbMixin(PostMixin):
    """The one handler behind every generated verb."""

    def perform_verb(self, request: Request, **address: str) -> Response:
        """Do it, and say per id what happened."""
        return self.done_once(lambda: self.perform(address.get("id")))

    def perform(self, pk: str | None) -> Response:
        """For the one id of the address, else for those of the body."""
        assert self.operation is not None  # noqa: S101 - every generated action has one
        body = self.read_body()
        ids = [pk] if pk is not None else list(body.pop("ids"))
        reason = body.pop("reason", "")
        result = self.operation(ids, actor=self.actor(), reason=reason, parameters=body)
        return Response(told(result)) if pk is None else self.answer_for_one(result)

    def answer_for_one(self, result: Result) -> Response:
        """409 when its state forbids the verb, 404 when there is no such thing; with the outcomes."""
        if result.counts["done"]:
            return Response(told(result))
        [change] = result.changes
        code, word = (409, "conflict") if self.exists(change.target) else (404, "not_found")
        problem = Problem(status=code, code=word, message=change.reason)
        return Response(problem.body | told(result), status=code)

    def exists(self, pk: str) -> bool:
        """Whether there is such a thing at all."""
        try:
            return bool(self.get_queryset().filter(pk=pk).exists())
        except (ValidationError, ValueError):  # an id that the database can't hold
            return False


def with_verbs(viewset: Any) -> Any:
    """Give the viewset an action for each verb on its model, for one row and for a list of ids."""
    model = viewset.queryset.model._meta.label_lower
    for operation in operations():
        if operation.model == model:
            for detail in (True, False):
                add(viewset, verb_action(operation, detail=detail))
    return viewset


def add(viewset: Any, found: Any) -> None:
    """Make it an attribute of its own name, where DRF looks for actions."""
    setattr(viewset, found.__name__, found)


def verb_action(operation: Operation, *, detail: bool) -> Any:
    """One generated action: `runs.cancel` becomes `cancel` of a row and `cancel_many` of a list."""
    verb = operation.name.split(".", 1)[1]

    def act(self: VerbMixin, request: Request, **address: str) -> Response:
        return self.perform_verb(request, **address)

    act.__name__ = verb if detail else f"{verb}_many"
    act.__doc__ = f"{operation.label}. {operation.final}"
    return action(
        detail=detail,
        methods=["post"],
        url_path=verb,
        operation=operation,
        name=f"{operation.word} {noun_of(operation, many=not detail)}",
        permission=operation.permission,
        serializer_class=body_of(operation, many=not detail),
        answer_class=VerbResultSerializer,
        error_answers=REFUSED if detail else {},
        filter_backends=[],
        pagination_class=None,
    )(act)


def noun_of(operation: Operation, *, many: bool) -> str:
    """`run` or `runs`."""
    meta = apps.get_model(operation.model)._meta
    return str(meta.verbose_name_plural if many else meta.verbose_name)


def told(result: Result) -> dict[str, Any]:
    return {"outcomes": [outcome_of(one) for one in result.changes], "audit": result.entry.pk}


def outcome_of(change: Change) -> dict[str, str]:
    """The JSON of one outcome."""
    outcome = {"id": change.target, "outcome": change.outcome, "reason": change.reason}
    return outcome | ({"result": change.result} if change.result else {})


def asked(request: Request, address: dict[str, str]) -> tuple[list[str], str]:
    """Ids and reason of a call that is refused anyway, for the audit log; empty where they can't be read."""
    try:
        body = request.data if isinstance(request.data, dict) else {}
    except APIException:
        body = {}
    ids = [address["id"]] if "id" in address else body.get("ids")
    reason = body.get("reason")
    readable = [pk for pk in ids if isinstance(pk, str)] if isinstance(ids, list) else []
    return readable, reason if isinstance(reason, str) else ""
