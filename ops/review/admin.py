"""The audit log: its list at /audit, and one entry with everything that it did."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ops.audit import verbs
from ops.audit.models import AuditEntry
from ops.display.badges import badge_html
from ops.display.formatting import number_text
from ops.display.html import ago, first_line
from ops.lists.admin import ListAdmin
from ops.lists.branches import Branches
from ops.lists.changelist import KeysetChangeList
from ops.lists.columns import column
from ops.lists.pagination import Page
from ops.review.export import audit_export
from ops.review.filters import KINDS, NEWEST_FIRST, AuditFilter
from ops.review.functions import functions_of
from ops.review.places import Places
from ops.review.views import entry_context
from ops.review.words import counts_of, counts_text, who_html

HIDDEN = ("parameters", "user_agent", "items_digest", "previous", "hash")


class AuditChangeList(KeysetChangeList):
    """Entries one by one, and a job in one row."""

    element, is_standing = "audit-list", True
    one, many = "entry", "entries"

    @cached_property
    def places(self) -> Places:
        """The rows of the list; InvalidInput if a parameter is wrong."""
        return Places.of(self.filterset)

    @cached_property
    def branches(self) -> Branches:
        return Branches(self.places.branches)

    def read(self) -> Page:
        found = super().read()
        rows = self.places.told(found.rows)
        for entry in rows:
            if is_job(entry):
                entry.job_link = self.address(job=str(entry.job), group=None)
        return replace(found, rows=rows)

    @property
    def order_words(self) -> str:
        return "newest first" + (", a job in one row" if self.is_valid and self.places.folded else "")

    @property
    def export(self) -> str:
        """Where what matches is exported."""
        return f"{reverse('admin:ops_auditentry_export')}?{self.filter_query}"


def with_functions(entries: Sequence[Any]) -> None:
    """Give each entry the functions of its first runs."""
    found = functions_of(entries)
    for entry in entries:
        entry.functions = found[entry.pk]


@admin.register(AuditEntry)
class AuditEntryAdmin(ListAdmin):
    """Read by those who may; written by verbs, sign-ins and forms alone."""

    route, converter, title, nav = "audit", "int", "Audit", ("shield-check", (1, 20))
    filterset_class = AuditFilter
    changelist_class = AuditChangeList
    order = NEWEST_FIRST
    change_list_template = "ops/audit.html"
    list_display = (*("badge", "action", "when", "reason", "function", "who", "counts", "door", "number"),)
    list_display_links = None
    list_defer = HIDDEN
    presets: ClassVar = {"All entries": "", **{words: f"?kind={kind}" for kind, words in KINDS}}
    filter_bar = ("run", "actor")
    filter_menus: ClassVar = {"Action": ("verb",), "Outcome": ("outcome",), "Time": ("at_from", "at_to")}
    filter_hints: ClassVar = {"run": "Id of a run", "actor": "Actor: user name"}
    none_yet = "Every operation, refused attempt and sign-in appears here."
    detail_template, detail_fragment = "ops/audit_entry.html", "ops/_audit_items.html"

    @column("Outcome", width="state", reads=("outcome",))
    def badge(self, entry: Any) -> Any:
        """Of an entry; of a job in one row, where it stands."""
        if is_job(entry):
            return badge_html(entry.of_job.state) if entry.of_job else ""
        return badge_html(entry.outcome)

    @column("Action", width="name", place="main", reads=("verb", "job"))
    def action(self, entry: Any) -> SafeString:
        """The row's link: to the entry, or to the entries of the job."""
        link = '<a class="row-link" href="{}">{}</a>'
        if not is_job(entry):
            return format_html(link, entry.get_absolute_url(), verbs.words_of(entry.verb))
        words = verbs.words_of(entry.of_job.verb if entry.of_job else entry.verb)
        aside = f"job {entry.job} · {number_text(entry.entries)} entries"
        return format_html(link + ' <span class="aside">{}</span>', entry.job_link, words, aside)

    @column("When", width="age", num=True, place="side", reads=("at",))
    def when(self, entry: Any) -> SafeString:
        """Of a job in one row, when it was made."""
        return ago(entry.at)

    @column("Reason", place="second", reads=("reason",))
    def reason(self, entry: Any) -> SafeString:
        """As it was given."""
        return first_line((is_job(entry) and entry.of_job and entry.of_job.reason) or entry.reason)

    @column("Function", width="text", since=760, classes="second", reads=(), prepare=with_functions)
    def function(self, entry: Any) -> SafeString | str:
        """Those of the first runs."""
        found = entry.functions
        return format_html('<span title="{}">{}</span>', found.whole, found.brief) if found.brief else ""

    @column("Actor", width="text", place="second", reads=("actor", "actor_id", "roles"))
    def who(self, entry: Any) -> SafeString:
        """The person and what they were, or the console itself."""
        return who_html(entry)

    @column("Runs", width="text", since=1160, reads=("counts",))
    def counts(self, entry: Any) -> str:
        """How many came to what."""
        if is_job(entry):
            return counts_text(entry.of_job.counts) if entry.of_job else ""
        return counts_of(entry)

    @column("Through", width="short", since=1460, reads=("door",))
    def door(self, entry: Any) -> str:
        """The way in."""
        return verbs.door_of(entry.door)

    @column("Number", width="short", num=True, since=1300, reads=())
    def number(self, entry: Any) -> str:
        """Without gaps."""
        return str(entry.pk)

    def get_urls(self) -> list[Any]:
        """With the export."""
        export = path(f"{self.route}/export", audit_export, name=self.name_of("export"))
        return [export, *super().get_urls()]

    def for_list(self, rows: Any, columns: Any) -> Any:
        return rows.defer(*HIDDEN)

    def filter_choices(self, name: str) -> list[tuple[str, str]]:
        return sorted(verbs.WORDS.items(), key=itemgetter(1)) if name == "verb" else []

    def list_context(self, request: HttpRequest, changes: KeysetChangeList) -> dict[str, Any]:
        """With one kind of entries at a time, whatever else is asked for."""
        kinds = [("All entries", ""), *((words, kind) for kind, words in KINDS)]
        on = changes.data.get("kind", "")
        links = [(words, changes.address(kind=kind or None), on == kind) for words, kind in kinds]
        return {**super().list_context(request, changes), "presets": links}

    def detail_context(self, request: HttpRequest, row: AuditEntry) -> dict[str, Any]:
        return entry_context(request, row)


def is_job(entry: Any) -> bool:
    """Whether the row stands for more than one entry of a job."""
    return getattr(entry, "entries", 1) > 1
