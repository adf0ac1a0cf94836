"""The operation: one verb, one function, four doors.

`@operation` registers a verb and wraps it. The wrapper asks for the permission, opens the transaction,
runs the body and writes the audit entry; no door reaches the body without it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction

from ops.access import grants
from ops.access.actors import Actor
from ops.audit import log, verbs
from ops.audit.log import Change
from ops.audit.models import AuditEntry
from ops.engine.values import storable
from ops.operations.targets import get_target
from ops.platform.errors import EngineMismatch, InvalidInput

MAX_IDS = 1_000
MAX_REASON = 2_000
MAX_ID = 255
MAX_NOTED = 100  # who may not act must not be able to fill the log


# What a verb does with distinct keys and its parameters in an open transaction, in a constant number of
# queries: key → change, without those that don't exist.
Body = Callable[..., Mapping[str, Change]]


class Forecast(Protocol):
    """What a verb would do to rows in the states, given its parameters: state → outcome and remark."""

    def __call__(self, states: AbstractSet[str], /, **parameters: Any) -> Mapping[str, tuple[str, str]]: ...


class Changed(Protocol):
    """Which rows are no longer as a job left them: what is to be said of each instead, for those alone.

    `expected` has what the job left each as: its `Change.mark`, or for a retry its state when frozen. `since`
    is when the job began. With `lock` the rows stay as they are until the transaction ends.
    """

    def __call__(
        self, expected: Mapping[str, str], /, *, since: datetime | None, lock: bool
    ) -> Mapping[str, Change]: ...


@dataclass(frozen=True)
class Result:
    """What a call did: one change per distinct id in the order given, and its audit entry."""

    changes: Sequence[Change]
    entry: AuditEntry

    @property
    def counts(self) -> dict[str, int]:
        """requested, done, skipped, failed."""
        return self.entry.counts_value


def always(row: Any) -> bool:
    """Offer the verb for every row."""
    return True


def no_warnings(ids: Sequence[str]) -> Iterable[str]:
    """Nothing that a person should know before."""
    return ()


def no_obstacles(ids: Sequence[str]) -> Mapping[str, str]:
    """Nothing but its state decides what becomes of a row."""
    return {}


def unchanged(expected: Mapping[str, str], /, *, since: datetime | None, lock: bool) -> Mapping[str, Change]:
    """Every row may be taken as it is; the body looks at what it needs."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Undo:
    """The verb that takes another back: on its `target`s, or on the `result`s that it made.

    It takes only what still is as the job left it; `changed` tells of the rest.
    """

    verb: str
    of: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    changed: Changed = unchanged


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """A registered verb. Its `forecast` is the rule by which the body decides, so that both say the same.

    `obstacles` tells of ids, in the form in which the database holds them, that are skipped whatever their
    state. `relies_on` names the extensions without which it does less than it says. `offers` says whether a
    page offers the verb for a row; the body decides for itself.
    """

    name: str
    label: str
    permission: str
    role: str
    model: str
    past: str = field(metadata={"doc": "What was done to a row, as a word: `cancelled`."})
    forecast: Forecast
    final: str = field(metadata={"doc": "What the verb can't take back, as a sentence."})
    body: Body
    form: type[forms.Form] = forms.Form
    decisive: tuple[str, ...] = field(default=(), metadata={"doc": "Parameters that the forecast heeds."})
    single: tuple[str, ...] = field(default=(), metadata={"doc": "Parameters that only one id can have."})
    payloads: tuple[str, ...] = field(
        default=(), metadata={"doc": "Parameters with a payload, which the audit log tells not everybody."}
    )
    feed: float | None = field(default=None, metadata={"doc": "New rows per second of a job, at first."})
    undo: Undo | None = None
    changed: Changed = field(default=unchanged, metadata={"doc": "What a retry leaves alone."})
    notes_job: bool = field(default=False, metadata={"doc": "The body takes `job`, the job it works for."})
    obstacles: Callable[[Sequence[str]], Mapping[str, str]] = no_obstacles
    warnings: Callable[[Sequence[str]], Iterable[str]] = no_warnings
    relies_on: tuple[str, ...] = ()
    rights: tuple[Any, ...] = field(
        default=(), metadata={"doc": "What the console's role must be granted besides changing the target."}
    )
    offers: Callable[[Any], bool] = always
    page: str = field(default="", metadata={"doc": "Its own page for a single row, below the row's address."})
    do_not_call_in_templates: ClassVar = True

    @property
    def word(self) -> str:
        """The verb alone: `Cancel`."""
        return self.label.split()[0]

    def __call__(
        self, ids: Sequence[str], *, actor: Actor, reason: str, parameters: dict[str, Any] | None = None
    ) -> Result:
        """Do it to each id.

        Raises PermissionDenied, InvalidInput or EngineMismatch; then nothing was changed. Refusals are
        audited, and so is a body that failed.
        """
        self.admit(ids, actor=actor, reason=reason)
        clean = self.clean(ids, reason=reason, parameters=parameters or {})
        try:
            return self.perform(
                list(dict.fromkeys(ids)), actor=actor, reason=reason.strip(), parameters=clean
            )
        except Exception as error:
            self.note(AuditEntry.Outcome.FAILED, ids, actor, reason, type(error).__name__)
            raise

    def preview(self, ids: Sequence[str], parameters: Mapping[str, Any] | None = None) -> list[Change]:
        """What a call would do to each id, as things stand; it changes nothing."""
        target = get_target(self.model)
        keys = target.keys_of(ids)
        forms = {pk: keys.get(pk, pk) for pk in ids}
        states = {row["id"]: row["seen_state"] for row in target.given(ids)}
        hindered = self.obstacles([form for form in forms.values() if form in states])
        expected = self.expected(set(states.values()), parameters or {})
        return [
            Change(pk, "skipped", hindered[form])
            if form in hindered
            else Change(pk, *expected[states.get(form, "")])
            for pk, form in forms.items()
        ]

    def expected(
        self, states: AbstractSet[str], parameters: Mapping[str, Any]
    ) -> Mapping[str, tuple[str, str]]:
        """State → outcome and remark of a call; the empty one is that of an id without a row."""
        missing = ("skipped", f"There is no {get_target(self.model).noun} with this id.")
        return {**self.forecast(states - {""}, **parameters), "": missing}

    def perform(
        self,
        ids: Sequence[str],
        *,
        actor: Actor,
        reason: str,
        parameters: dict[str, Any],
        job: int | None = None,
        spared: Mapping[str, Change] | None = None,
    ) -> Result:
        """Effect and audit in one transaction, for a caller that was admitted; `job` is who calls.

        Ids in `spared` are left alone, and come to what is said there.
        """
        spared = spared or {}
        rest = [pk for pk in ids if pk not in spared]
        known = {"job": job} if self.notes_job else {}
        with transaction.atomic():
            done = self.changes(rest, parameters | known)
            changes = [spared.get(pk) or done[pk] for pk in ids]
            about: dict[str, Any] = {"reason": reason, "parameters": parameters, "job": job}
            entry = log.record(actor=actor, verb=self.name, changes=changes, **about)
        return Result(changes, entry)

    def changes(self, ids: Sequence[str], parameters: dict[str, Any]) -> dict[str, Change]:
        """Run the body; returns id → change, also where ids are unknown or two spellings of one."""
        target = get_target(self.model)
        keys, first = target.keys_of(ids), dict[str, str]()
        for pk, key in keys.items():
            first.setdefault(key, pk)
        done = self.body(list(first), **parameters) if first else {}
        found = {pk: done[key] for key, pk in first.items() if key in done}
        missing, twice = (
            f"There is no {target.noun} with this id.",
            f"The same {target.noun} was given twice.",
        )
        rest = {pk: twice if first.get(keys.get(pk, ""), pk) != pk else missing for pk in ids}
        return {pk: found.get(pk) or Change(pk, "skipped", why) for pk, why in rest.items()}

    def admit(self, ids: Sequence[str], *, actor: Actor, reason: str) -> None:
        """Refuse, and audit the refusal, unless the actor may and the engine's tables are known."""
        if lack := actor.lacks(self.permission):
            self.note(AuditEntry.Outcome.REFUSED, ids, actor, reason, lack)
            needed = f"{self.label} needs the permission {self.permission} (role {self.role})."
            raise PermissionDenied(f"{actor.name} {lack}. {needed}")
        try:
            get_target(self.model).require_writable(self.rights)
        except EngineMismatch as mismatch:
            self.note(AuditEntry.Outcome.REFUSED, ids, actor, reason, str(mismatch))
            raise

    def clean(self, ids: Sequence[str], *, reason: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The validated parameters of a call; InvalidInput names each fault by its field."""
        form = self.form_for(len(set(ids)), parameters)
        faults = dict(faults_of_call(ids, reason)) | self.faults_of(form, parameters)
        if faults:
            raise InvalidInput(faults)
        return form.cleaned_data

    def clean_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The validated parameters alone, for a job whose ids are still to be collected."""
        form = self.form_for(0, parameters)
        if faults := self.faults_of(form, parameters):
            raise InvalidInput(faults)
        return form.cleaned_data

    def form_for(self, count: int, data: Mapping[str, Any] | None = None) -> forms.Form:
        """The form of the parameters that a call for so many ids takes."""
        form = self.form(data)
        for name in self.single if count != 1 else ():
            del form.fields[name]
        return form

    def faults_of(self, form: forms.Form, parameters: dict[str, Any]) -> dict[str, str]:
        """What is wrong with the parameters, by field."""
        unknown = sorted(parameters.keys() - form.fields.keys())
        why = {True: "Only for a single id.", False: f"{self.name} takes no parameter of this name."}
        faults = {name: why[name in self.single] for name in unknown}
        return faults | {name: " ".join(map(str, texts)) for name, texts in form.errors.items()}

    def note(self, outcome: str, ids: Sequence[str], actor: Actor, reason: str, why: str) -> None:
        """Audit an attempt that changed nothing."""
        changes = [Change(pk[:MAX_ID], outcome, why) for pk in dict.fromkeys(ids[:MAX_NOTED])]
        parameters = {"requested": len(ids), "why": why}
        words = reason[:MAX_REASON]
        log.record(
            actor=actor, verb=self.name, reason=words, outcome=outcome, parameters=parameters, changes=changes
        )


def faults_of_call(ids: Sequence[str], reason: str) -> Iterator[tuple[str, str]]:
    """What is wrong with ids and reason, by field."""
    if not ids:
        yield "ids", "Give at least one id."
    elif len(set(ids)) > MAX_IDS:
        yield "ids", f"At most {MAX_IDS:,} ids in one call; {len(set(ids)):,} were given."
    elif unusable := [pk for pk in ids if not pk or len(pk) > MAX_ID or pk != storable(pk)]:
        yield "ids", f"“{storable(unusable[0][:40])}” can't be an id."
    if fault := fault_of_reason(reason):
        yield "reason", fault


def fault_of_reason(reason: str) -> str:
    """Why the audit log can't keep it; nothing if it can."""
    if not reason.strip():
        return "Say why: the audit log keeps it."
    if len(reason) > MAX_REASON:
        return f"At most {MAX_REASON:,} characters; this has {len(reason):,}."
    return "" if reason == storable(reason) else "It holds a character that can't be stored."


_registry: dict[str, Operation] = {}


def operation(name: str, **attributes: Any) -> Callable[[Body], Operation]:
    """Register the decorated function as the body of the verb `name`."""

    def register(body: Body) -> Operation:
        if name in _registry:
            raise ValueError(f"The operation {name} is registered twice.")
        made = _registry[name] = Operation(name=name, body=body, **attributes)
        verbs.register(name, made.label)
        grants.register(made.permission, grants.Grant(made.role, made.label.lower()))
        return made

    return register


def get_operation(name: str) -> Operation:
    """The verb of that name; InvalidInput if there is none."""
    try:
        return _registry[name]
    except KeyError:
        raise InvalidInput(
            {"verb": f"No operation “{name}”. Available: {', '.join(sorted(_registry))}."}
        ) from None


def find_operation(name: str) -> Operation | None:
    """The verb of that name; None for one that a job remembers and this version doesn't have."""
    return _registry.get(name)


def operations() -> list[Operation]:
    """Every registered verb, by name."""
    return [_registry[name] for name in sorted(_registry)]
