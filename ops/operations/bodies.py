"""The body of a verb's request: ids, reason and the fields of the operation's form."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

from django import forms
from rest_framework import serializers

from ops.operations.operation import MAX_IDS, MAX_REASON, Operation

Field = serializers.Field[Any, Any, Any, Any]


class TextField(serializers.CharField):
    """A text: numbers and booleans aren't taken for one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Give a string.")
        return super().to_internal_value(data)


class BodySerializer(serializers.Serializer[Any]):
    """A body in which every key is known."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The values, or an error."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"body": "Give a JSON object."})
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        """The values, or an error at each unknown key."""
        names = ", ".join(self.fields)
        unknown = sorted(map(str, data.keys() - self.fields.keys()))
        faults: dict[str, Any] = dict.fromkeys(unknown, f"No such field. Available: {names}.")
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            faults |= dict(cast(Mapping[str, Any], error.detail))
        if faults:
            raise serializers.ValidationError(faults)
        return values


@cache
def body_of(operation: Operation, *, many: bool) -> type[BodySerializer]:
    """The serializer of the verb's body; what the values mean is checked by the operation's own form."""
    fields: dict[str, Field] = {
        name: serializer_field(field) for name, field in operation.form.base_fields.items()
    }
    fields["reason"] = TextField(max_length=MAX_REASON, help_text="Why; the audit log keeps it.")
    if many:
        ids = TextField(max_length=255, trim_whitespace=False)
        fields["ids"] = serializers.ListField(child=ids, min_length=1, max_length=MAX_IDS)
    words = [word.capitalize() for word in operation.name.split(".")]
    name = "".join([*words, "Many" if many else ""])
    return type(f"{name}Serializer", (BodySerializer,), {**fields, "__doc__": operation.label})


def serializer_field(field: forms.Field) -> Field:
    """What the OpenAPI file says of a form's field."""
    about: dict[str, Any] = {
        "required": field.required,
        "help_text": str(field.help_text or field.label or ""),
    }
    if isinstance(field, forms.MultipleChoiceField):
        return serializers.MultipleChoiceField(choices=list_of(field), **about)
    if isinstance(field, forms.ChoiceField):
        return serializers.ChoiceField(choices=list_of(field), **about)
    if isinstance(field, forms.BooleanField):
        return serializers.BooleanField(**about)
    if isinstance(field, forms.IntegerField) and not isinstance(field, forms.FloatField):
        return serializers.IntegerField(**about)
    return TextField(trim_whitespace=getattr(field, "strip", True), **about)


def list_of(field: forms.ChoiceField) -> list[Any]:
    """The choices, whatever they were declared with."""
    return list(cast(Iterable[Any], field.choices))
