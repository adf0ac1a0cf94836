"""The base of every list and page of rows that people look at and never edit: `/runs`, `/audit`.

A subclass declares columns (`list_display`), filter set, form, order, empty words, and its page's panels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, URLResolver, path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import RedirectView

from ops.access.guards import page
from ops.display.formatting import short_text
from ops.display.fragments import DECIDED_BY, render_part, wants_fragment
from ops.lists.active_filters import SEARCH, active_filters, in_words
from ops.lists.changelist import KeysetChangeList
from ops.lists.columns import Column, column
from ops.lists.filters import StrictFilterSet
from ops.lists.pagination import Order
from ops.lists.panels import panels_of
from ops.platform.addresses import query_at

SELECT_ALL = mark_safe(
    '<input type="checkbox" class="needs-js" data-select-all aria-label="Select all on this page">'
)


class ListAdmin(admin.ModelAdmin[Any]):
    """Read-only for everybody. Its pages are at `route`, where Django's own addresses lead, too."""

    route: ClassVar[str]
    converter: ClassVar[str] = "str"
    methods: ClassVar[list[str]] = ["GET", "HEAD"]
    filterset_class: ClassVar[type[StrictFilterSet]]
    changelist_class: ClassVar[type[KeysetChangeList]] = KeysetChangeList
    order: ClassVar[Order] = Order()
    title: ClassVar[str] = ""
    # Icon and place in the navigation: group, and rank in it.
    nav: ClassVar[tuple[str, tuple[int, int]] | None] = None

    # The form of the filters: what stands in the bar, the menus beside it; the rest is under “More”.
    filter_bar: ClassVar[Sequence[str]] = (SEARCH,)
    filter_menus: ClassVar[Mapping[str, Sequence[str]]] = {}
    filter_hints: ClassVar[Mapping[str, str]] = {}
    presets: ClassVar[Mapping[str, str]] = {}

    # What an empty list says.
    none_yet: ClassVar[str] = ""
    searched: ClassVar[str] = ""
    search_elsewhere: ClassVar[tuple[str, str] | None] = None

    change_list_template = "lists/list.html"
    list_template: ClassVar[str] = "lists/_list.html"
    scripts: ClassVar[Sequence[str]] = ()
    detail_template: ClassVar[str]
    detail_fragment: ClassVar[str]
    panels: ClassVar[Sequence[str]] = ()
    # Big columns: a column that doesn't say what it reads gets all others.
    list_defer: ClassVar[Sequence[str]] = ()

    actions = ()
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    preserve_filters = False

    # -- who may ------------------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """The filter set refuses it, like every parameter that it doesn't know, at its field."""
        return True

    @property
    def permission(self) -> str:
        """What seeing the rows asks for."""
        return f"{self.opts.app_label}.view_{self.opts.model_name}"

    # -- addresses ----------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """The list, and each row; subclasses put their own pages before these."""
        here, row = self.route, f"{self.route}/<{self.converter}:object_id>"
        return [
            self.page(here, require_http_methods(self.methods)(self.changelist_view), "changelist"),
            self.page(row, require_safe(self.change_view), "change"),
        ]

    def history_page(self) -> URLPattern:
        """The history of a row, for admins that have one."""
        row = f"{self.route}/<{self.converter}:object_id>"
        return self.page(f"{row}/history", require_safe(self.history_view), "history")

    def page(
        self, route: str, view: Callable[..., HttpResponseBase], name: str, permission: str = ""
    ) -> URLPattern:
        """A page of these rows, guarded: `admin:runs_run_quick` for the name `quick`."""
        return path(route, page(permission or self.permission)(view), name=self.name_of(name))

    def name_of(self, kind: str) -> str:
        """`runs_run_changelist`."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{kind}"

    @property
    def urls(self) -> list[URLResolver | URLPattern]:  # type: ignore[override]  # Django mounts this at app/model/
        """Django's own addresses, each of which leads to ours."""
        lead = page(self.permission)(self.lead)
        return [
            path("", lead, {"kind": "changelist"}),
            path("<path:object_id>/history/", lead, {"kind": "history"}),
            path("<path:object_id>/change/", lead, {"kind": "change"}),
        ]

    def lead(self, request: HttpRequest, kind: str, object_id: str = "") -> HttpResponseBase:
        """There for good."""
        key = [unquote(object_id)] if object_id else []
        try:
            address = reverse(f"admin:{self.name_of(kind)}", args=key)
        except NoReverseMatch:
            raise Http404(f"There is no {self.opts.verbose_name} with this id.") from None
        view = RedirectView.as_view(url=address.replace("%", "%%"), permanent=True, query_string=True)
        return view(request)

    # -- the list -----------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return self.changelist_class

    def get_filterset(self, changes: KeysetChangeList, data: Any) -> StrictFilterSet:
        """The filter set of a request."""
        return self.filterset_class(data, changes.root_queryset)

    def get_order(self, *, newest_first: bool) -> Order:
        """The total order of the rows."""
        return self.order

    def for_list(self, rows: Any, columns: Iterable[Column]) -> Any:
        """The rows with what the columns read."""
        return rows.for_list(*self.reads(columns))

    def reads(self, columns: Iterable[Column]) -> set[str]:
        """The model's columns that a list needs: the big ones only if one of its columns names them."""
        told = [one.reads for one in columns]
        every = [one.attname for one in self.opts.concrete_fields if one.name not in self.list_defer]
        return {name for reads in told for name in (every if reads is None else reads)}

    def told(self, changes: KeysetChangeList, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows as the columns take them."""
        return rows

    def filter_choices(self, name: str) -> Iterable[tuple[str, str]]:
        """What a filter of free text can be chosen from."""
        return ()

    @classmethod
    def extend(cls, told: Callable[..., Any], *, after: str) -> None:
        """Add a column that an app above tells: it knows what this one doesn't."""
        place = list(cls.list_display).index(after) + 1
        setattr(cls, told.__name__, told)
        cls.list_display = (*cls.list_display[:place], told.__name__, *cls.list_display[place:])

    @column(SELECT_ALL, reads=(), classes="box", width="box")
    def action_checkbox(self, obj: Any) -> SafeString:
        """The box that ticks a row: Django's own is a template for each."""
        return format_html(
            '<input type="checkbox" name="_selected_action" value="{}" aria-label="Select {}">',
            obj.pk,
            short_text(str(obj.pk)),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; for htmx the table alone."""
        extra: dict[str, Any] = {"list_template": self.list_template, "scripts": self.scripts}
        response = super().changelist_view(request, extra | (extra_context or {}))
        if not isinstance(response, TemplateResponse):
            return response
        context = response.context_data or {}
        changes: KeysetChangeList = context["cl"]
        context |= self.list_context(request, changes)
        response.status_code = changes.status
        if wants_fragment(request):
            response.template_name = self.list_template
        elif address := self.found_at_once(changes):
            return HttpResponseRedirect(address)
        patch_vary_headers(response, DECIDED_BY)
        return response

    def list_context(self, request: HttpRequest, changes: KeysetChangeList) -> dict[str, Any]:
        """What the page needs besides its change list."""
        here = changes.top
        presets = [(label, request.path + query) for label, query in self.presets.items()]
        return {"presets": [(label, link, here == link) for label, link in presets]}

    def found_at_once(self, changes: KeysetChangeList) -> str:
        """The address of the one row whose whole id was searched for, if there is one."""
        return ""

    def empty_words(self, changes: KeysetChangeList) -> dict[str, str]:
        """Why no rows are shown, and what to do."""
        nouns, here = changes.many, changes.request.path
        search, on = changes.data.get(SEARCH, "").strip(), len(changes.active_filters)
        if not on:
            return {"title": f"No {nouns} yet", "text": self.none_yet}
        if search:
            return self.nothing_found(search, on - 1, here)
        clear = "Clear the filter" if on == 1 else f"Clear {on} filters"
        return {
            "title": f"No {nouns} match these filters",
            "text": f"{clear}, or widen the time range."
            if changes.filterset.periods
            else f"{clear} to see more.",
            "link": here,
            "word": "Clear filters",
        }

    def nothing_found(self, search: str, others: int, here: str) -> dict[str, str]:
        """Of a search: where was looked and where not, and where else to look."""
        limited = f"The search was limited by {others} other filter{'s' if others > 1 else ''}. "
        query = urlencode({SEARCH: search})
        words = {
            "title": f"No {self.opts.verbose_name} found for “{search}”",
            "text": (limited if others else "") + self.searched,
            "link": f"{here}?{query}" if others else here,
            "word": f"Search all {self.opts.verbose_name_plural}" if others else "Clear the search",
        }
        if self.search_elsewhere:
            name, word = self.search_elsewhere
            words |= {"other_link": f"{reverse(name)}?{query}", "other_word": word}
        return words

    # -- a row --------------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, or 404."""
        found = super().get_object(request, object_id)
        if found is None:
            raise Http404(f"There is no {self.opts.verbose_name} with this id.")
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One row's page; for htmx what changes in it."""
        row = self.get_object(request, object_id)
        if str(row.pk) != str(object_id):
            return HttpResponseRedirect(row.get_absolute_url())
        context = {
            "title": str(row),
            "original": row,
            "opts": self.opts,
            **self.way_back(request),
            **self.detail_context(request, row),
            **(extra_context or {}),
        }
        context["panels"] = list(panels_of(self, request, row, context))
        return render_part(
            request,
            page=self.detail_template,
            fragment=self.detail_fragment,
            context=context,
            status=context.get("status", 200),
        )

    def detail_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the row's page needs."""
        return {}

    def way_back(self, request: HttpRequest) -> dict[str, Any]:
        """To the list as the person saw it: its filters are carried along, else told by the browser."""
        here = reverse(f"admin:{self.name_of('changelist')}")
        query = (
            QueryDict(request.GET["back"]).urlencode()
            if "back" in request.GET
            else query_at(here, request.headers.get("Referer", ""))
        )
        filters = active_filters(self.filterset_class, QueryDict(query), lambda **_: "")
        return {
            "back": f"{here}?{query}" if query else here,
            "back_title": capfirst(self.opts.verbose_name_plural),
            "back_words": in_words(filters),
            "back_query": urlencode({"back": query}) if query else "",
        }
