"""Jobs: their list at /ops/jobs, and the page of each with what people do to it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from ops.display.badges import badge_html
from ops.display.formatting import number_text
from ops.display.html import ago
from ops.jobs import views
from ops.jobs.filters import JobFilter
from ops.jobs.models import Job
from ops.lists.admin import ListAdmin
from ops.lists.changelist import KeysetChangeList
from ops.lists.columns import column

OF_VERB = {"cancellations": ("Cancellations", "runs.cancel"), "replays": ("Replays", "runs.replay")}


class JobChangeList(KeysetChangeList):
    """All jobs, or those of one verb, at an address of their own."""

    element, is_standing = "job-list", True

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.title, self.verb = OF_VERB.get(request.path.rpartition("/")[2], ("Jobs", ""))


@admin.register(Job)
class JobAdmin(ListAdmin):
    """Made by verbs, never here; what is done to one is an address below its own."""

    route, converter, nav = "ops/jobs", "int", ("queue-list", (1, 10))
    tabs = ("admin:ops_job_cancellations", "admin:ops_job_replays")
    filterset_class = JobFilter
    changelist_class = JobChangeList
    list_display = ("state_badge", "name", "created", "selection", "items", "done", "skipped", "failed", "by")
    list_display_links = ("name",)
    filter_bar = ("actor",)
    filter_menus: ClassVar = {"State": ("state",)}
    filter_hints: ClassVar = {"actor": "User name"}
    none_yet = (
        "A job acts on all runs that match a filter: choose one on the list of runs, then “all that match”."
    )
    detail_template, detail_fragment = "ops/jobs/detail.html", "ops/jobs/_job.html"

    @column("State", width="state", reads=("state",))
    def state_badge(self, job: Job) -> SafeString:
        """Where it stands, and the way to the others that stand there."""
        others = f"{reverse('admin:ops_job_changelist')}?state={job.state}"
        return format_html('<a href="{}">{}</a>', others, badge_html(job.state))

    @column("Job", width="name", place="main", reads=())
    def name(self, job: Job) -> str:
        """The row's link."""
        return str(job)

    @column("Created", width="age", num=True, place="side", reads=())
    def created(self, job: Job) -> SafeString:
        """When its list began to be frozen."""
        return ago(job.created_at)

    @column("Selection", place="second", reads=())
    def selection(self, job: Job) -> str:
        """What it acts on, in words."""
        return job.source

    @column("Items", width="short", num=True, since=760, reads=())
    def items(self, job: Job) -> str:
        """How many it has frozen."""
        return number_text(job.total)

    @column("Done", width="short", num=True, since=1160, reads=())
    def done(self, job: Job) -> SafeString | str:
        return counted(job, "done")

    @column("Skipped", width="short", num=True, since=1300, reads=())
    def skipped(self, job: Job) -> SafeString | str:
        return counted(job, "skipped")

    @column("Failed", width="short", num=True, since=760, reads=())
    def failed(self, job: Job) -> SafeString | str:
        return counted(job, "failed")

    @column("By", width="text", since=1160, reads=())
    def by(self, job: Job) -> str:
        """Who acted on it last."""
        return job.actor

    def get_urls(self) -> list[Any]:
        """With the lists of one verb, and what people do to a job."""
        deeds = ("confirm", "stop", "resume", "discard", "pace", "undo")
        job = f"{self.route}/<int:pk>"
        return [
            *(self.page(f"ops/{name}", require_safe(self.changelist_view), name) for name in OF_VERB),
            path(f"{self.route}/create", views.create, name=self.name_of("create")),
            *(path(f"{job}/{name}", getattr(views, name), name=self.name_of(name)) for name in deeds),
            path(f"{job}/retry-failed", views.retry, name=self.name_of("retry")),
            path(f"{job}/items.csv", views.items_csv, name=self.name_of("items")),
            self.history_page(),
            *super().get_urls(),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Its entries of the audit log."""
        return HttpResponseRedirect(f"{reverse('admin:ops_auditentry_changelist')}?job={object_id}")

    def get_filterset(self, changes: Any, data: Any) -> JobFilter:
        if changes.verb:
            data["verb"] = changes.verb
        return JobFilter(data, changes.root_queryset)

    def list_context(self, request: HttpRequest, changes: KeysetChangeList) -> dict[str, Any]:
        """With the lists of one verb beside that of all."""
        lists = {"All jobs": "changelist", **{title: name for name, (title, _) in OF_VERB.items()}}
        links = {title: reverse(f"admin:{self.name_of(kind)}") for title, kind in lists.items()}
        presets = [(title, link, link == request.path) for title, link in links.items()]
        return {**super().list_context(request, changes), "presets": presets}

    def for_list(self, rows: Any, columns: Any) -> Any:
        return rows

    def detail_context(self, request: HttpRequest, row: Job) -> dict[str, Any]:
        return views.detail_context(request, row)


def counted(job: Job, outcome: str) -> SafeString | str:
    """A number of items, and the way to them."""
    count = getattr(job, outcome)
    if not count:
        return "0"
    link = '<a class="link{}" href="{}?outcome={}#items">{}</a>'
    look = " bad" if outcome == "failed" else ""
    return format_html(link, look, job.get_absolute_url(), outcome, number_text(count))
