"""The base of the engine's rows in the admin: the verbs of the registry are their actions.

Django's own protocol (`action`, `_selected_action`, `index`, `select_across`) leads to the confirmation of
what was ticked; of all that match, to a job with the frozen list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from ops.access.actors import actor_of
from ops.access.roles import who_may
from ops.audit.models import AuditItem
from ops.jobs.views import frozen
from ops.lists.admin import ListAdmin
from ops.lists.changelist import KeysetChangeList
from ops.lists.panels import panel
from ops.operations.operation import Operation, find_operation
from ops.operations.views import ask, is_key, refuse, verbs_for
from ops.platform.caching import kept
from ops.platform.errors import EngineMismatch, InvalidInput

AUDIT = "ops.view_auditentry"
HISTORY = 20
OFF = {"", "0", "false", "False"}
# A rule changes with the version of the console alone.
ACTS_ON_SECONDS = 3_600
Action = tuple[Callable[..., Any], str, str]


@dataclass(frozen=True)
class Offer:
    """An action as the list offers it; of a verb, with the states in which it does not skip a row."""

    name: str
    word: str
    on_selection: str
    states: str = ""


class EngineAdmin(ListAdmin):
    """Runs, events, functions: looked at, and changed by verbs alone."""

    methods: ClassVar = ["GET", "HEAD", "POST"]
    states: ClassVar[Sequence[str]] = ()

    def get_urls(self) -> list[Any]:
        return [self.history_page(), *super().get_urls()]

    # -- actions ------------------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """`runs.run`."""
        return self.opts.label_lower

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions that a subclass declares, and the verbs that the person may use."""
        found: dict[str, Any] = super().get_actions(request)
        return found | {verb.name: as_action(verb) for verb in verbs_for(self.label, request.user)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; a POST is an action, and nothing but that."""
        if request.method == "POST":
            try:
                return self.act(request)
            except InvalidInput as error:
                return self.refused(request, str(error))
        return super().changelist_view(request, extra_context)

    def act(self, request: HttpRequest) -> HttpResponse:
        """Ask for a verb's confirmation; do what a subclass declares as Django does."""
        name = action_of(request.POST)
        verb = find_operation(name)
        if verb is not None and verb.model == self.label:
            return self.ask(request, verb)
        if name not in (known := self.get_actions(request)):
            raise InvalidInput({"action": f"No action “{name}”. Available: {', '.join(sorted(known))}."})
        if is_across(request.POST):
            raise InvalidInput({"select_across": f"{name} acts on ticked rows alone. Tick them."})
        unusable = [key for key in ticked(request.POST) if not is_key(self.model, key)]
        if unusable:
            raise InvalidInput({ACTION_CHECKBOX_NAME: f"“{unusable[0][:40]}” can't be an id."})
        return super().changelist_view(request)

    def ask(self, request: HttpRequest, verb: Operation) -> HttpResponse:
        """The confirmation, or the frozen job; a person who may not is refused, and the log says so."""
        if is_across(request.POST):
            asked = self.changelist_of(request)
            return frozen(request, verb, QueryDict(asked.filter_query), everything=not asked.filter_query)
        ids = ticked(request.POST)
        try:
            verb.admit(ids, actor=actor_of(request, door="page"), reason="")
        except EngineMismatch as error:
            return refuse(request, verb, str(error), status=409)
        return ask(request, verb, ids, verb.form_for(len(ids)), back=request.get_full_path())

    def changelist_of(self, request: HttpRequest) -> KeysetChangeList:
        """What the address of a POST asks for."""
        return cast(KeysetChangeList, self.get_changelist_instance(request))

    def refused(self, request: HttpRequest, text: str) -> HttpResponse:
        """Nothing was done, and why."""
        context = {"title": "Nothing was changed", "text": text, "back": request.get_full_path()}
        return render(request, "ops/refused.html", context, status=400)

    # -- what the pages offer -----------------------------------------------------------------------------

    def list_context(self, request: HttpRequest, changes: KeysetChangeList) -> dict[str, Any]:
        """With the actions, and those of them that would change one of the rows that match."""
        offers = [self.offer(name, action) for name, action in self.get_actions(request).items()]
        shown = self.states_shown(changes)
        matching = [one for one in offers if shown & set(one.states.split())]
        return {
            **super().list_context(request, changes),
            "actions": offers,
            "matching_actions": matching if changes.is_valid else [],
        }

    def offer(self, name: str, action: Action) -> Offer:
        """An action in words."""
        verb = find_operation(name)
        nouns = self.opts.verbose_name_plural
        if verb is None or verb.model != self.label:
            label = action[2].replace("%%", "%")
            return Offer(name, label, label)
        return Offer(name, verb.word, f"{verb.word} selected {nouns}", " ".join(self.acts_on(verb)))

    def acts_on(self, verb: Operation) -> list[str]:
        """The states in which a row is not skipped by the verb, by the rule that the verb itself follows."""

        def read() -> list[str]:
            foretold = verb.forecast(frozenset(self.states))
            return [state for state in self.states if foretold[state][0] == "done"]

        return kept("acts on", verb.name, read=read, seconds=ACTS_ON_SECONDS)

    def states_shown(self, changes: KeysetChangeList) -> set[str]:
        """The states that the rows of the list can have."""
        return set(self.states)

    # -- history ------------------------------------------------------------------------------------------

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What was done to a row: the audit log knows."""
        row = self.get_object(request, object_id)
        told = self.audit_panel(request, row, {})
        context = {"title": f"History of {row}", "original": row, "told": told, **(extra_context or {})}
        return render(request, "ops/history.html", context)

    @panel("ops/_history.html", audit="Audit")
    def audit_panel(self, request: HttpRequest, row: Any, page: Mapping[str, Any]) -> dict[str, Any]:
        """What was done to a row from the console, newest first, for those who may see it."""
        told: dict[str, Any] = {"noun": self.opts.verbose_name}
        if not request.user.has_perm(AUDIT):
            return told | {"refused": who_may(AUDIT)}
        items = AuditItem.objects.filter(target=row.pk).select_related("entry")
        found = list(items.order_by("-entry_id")[:HISTORY])
        return told | {"items": found, "audit_count": len(found)}


def as_action(verb: Operation) -> Action:
    """A verb as Django's admin has its actions."""

    def act(model_admin: EngineAdmin, request: HttpRequest, queryset: Any) -> HttpResponse:
        return model_admin.ask(request, verb)

    return act, verb.name, verb.label.replace("%", "%%")


def action_of(data: QueryDict) -> str:
    """The action of the form whose button was pressed, as Django finds it."""
    names, index = data.getlist("action"), data.get("index", "0")
    place = int(index) if index.isascii() and index.isdigit() and len(index) < 4 else 0
    return names[place] if place < len(names) else ""


def is_across(data: QueryDict) -> bool:
    """Whether all that match are meant, not those that are ticked."""
    return data.get("select_across", "") not in OFF


def ticked(data: QueryDict) -> list[str]:
    """The ids that were ticked."""
    return list(dict.fromkeys(data.getlist(ACTION_CHECKBOX_NAME)))
