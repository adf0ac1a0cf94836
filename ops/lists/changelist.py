"""One request for a list: filter, page, capped count, active filters, columns, empty words."""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.admin.views.main import ChangeList
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ops.display.formatting import capped_text
from ops.lists.active_filters import ActiveFilter, active_filters, in_words
from ops.lists.branches import Branches, Window
from ops.lists.columns import Column, columns_of, rows_html
from ops.lists.filter_form import FilterForm, form_of
from ops.lists.filters import StrictFilterSet
from ops.lists.pagination import COUNT_CAP, Order, Page, capped_count, paginate
from ops.platform.addresses import changed
from ops.platform.database_errors import advice
from ops.platform.errors import InvalidInput

COUNT_SECONDS = 10
CURSOR, ORDER = "cursor", "order"
ORDERS = ("newest", "oldest")
EMPTY = Page([], None, None)
WIDER = ("7d", "30d")
Read = TypeVar("Read")


class CappedCount(int):
    """A number of rows that says `10,000+` when there are more than were counted."""

    def __str__(self) -> str:
        return capped_text(int(self), COUNT_CAP)


class KeysetChangeList(ChangeList):
    """Django's change list, read by keyset pages; nothing is read until it is asked for.

    An address that can't be understood shows no rows: `faults` has what is wrong, by parameter. A database in
    trouble shows none either, and `trouble` says so.
    """

    model_admin: Any
    parameters: tuple[str, ...] = (CURSOR,)
    # What a row is called, where the model's own name won't do.
    one = many = ""
    element = ""
    # A list that grows at its top stands still under the reader (standing.js).
    is_standing = False
    has_quick_view = False
    new: Any = 0
    seen_next: Any = ""
    newer, older = "Newer", "Older"

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.data: QueryDict = request.GET
        self.faults: dict[str, str] = {}
        self.trouble = ""
        super().__init__(request, *args, **kwargs)
        self.one = self.one or str(self.opts.verbose_name)
        self.many = self.many or str(self.opts.verbose_name_plural)
        self.title = self.model_admin.title or capfirst(self.many)

    # -- what Django's views ask --------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """All rows: an action narrows them to those that were ticked, never to a filter evaluated again."""
        return self.root_queryset

    def get_results(self, request: HttpRequest) -> None:
        """Django reads its page here; a POST needs none."""
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.full_result_count = self.paginator = None
        self.show_admin_actions = True

    @cached_property
    def result_list(self) -> Any:
        """The rows of the page, with what their columns read of all of them at once."""
        rows = self.model_admin.told(self, self.page.rows)
        for column in self.columns:
            column.look.prepare(rows)
        return rows

    @cached_property
    def result_count(self) -> CappedCount:  # type: ignore[override]  # Django sets it, we read it when asked
        """How many match, capped; kept for a few seconds when it is more than this page shows."""
        page = self.page
        if not self.is_valid or not (page.next or page.previous):
            return CappedCount(len(page.rows))
        key = f"{self.opts.label}.count.{sha256(self.scope.encode()).hexdigest()}"
        count = self.careful(lambda: cache.get_or_set(key, self.counted, timeout=COUNT_SECONDS))
        return CappedCount(count or 0)

    # -- what was asked -----------------------------------------------------------------------------------

    @cached_property
    def filterset(self) -> StrictFilterSet:
        """The filter, without what belongs to the list alone."""
        asked = self.data.copy()
        for name in self.parameters:
            asked.pop(name, None)
        found: StrictFilterSet = self.model_admin.get_filterset(self, asked)
        found.listing = frozenset()
        return found

    @property
    def filter_query(self) -> str:
        """The filter alone, as an address has it."""
        return urlencode(
            [(name, text) for name, texts in self.filterset.data.lists() for text in texts if text]
        )

    @cached_property
    def newest_first(self) -> bool:
        """The order asked for, where there is a choice."""
        return self.data.get(ORDER) != "oldest"

    @property
    def order(self) -> Order:
        """The total order of the rows."""
        found: Order = self.model_admin.get_order(newest_first=self.newest_first)
        return found

    @cached_property
    def scope(self) -> str:
        """The filter as text: a cursor made under another one doesn't fit."""
        return self.address(order=None)

    @property
    def has_orders(self) -> bool:
        """Whether the rows can be read from either end."""
        return ORDER in self.parameters

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The clean values of the filter; InvalidInput if the address can't be understood."""
        self.faults = self.filterset.faults()
        self.check()
        if self.faults:
            raise InvalidInput(self.faults)
        return dict(self.filterset.form.cleaned_data)

    def check(self) -> None:
        """Note what is wrong with parameters that no filter has."""
        if self.has_orders and self.data.get(ORDER, "newest") not in {"", *ORDERS}:
            self.faults[ORDER] = "Give newest or oldest."

    @cached_property
    def branches(self) -> Branches:
        """What the filter set makes of all rows; InvalidInput if the address can't be understood."""
        found = self.filterset.qs if self.asked is not None else None
        return found if isinstance(found, Branches) else Branches([found])

    # -- what there is ------------------------------------------------------------------------------------

    @cached_property
    def page(self) -> Page:
        """The rows and the cursors beside them; empty when something is wrong."""
        return self.careful(self.read) or EMPTY

    def careful(self, read: Callable[[], Read]) -> Read | None:
        """What can be read; else None, and why not is in `faults` or `trouble`."""
        try:
            return read()
        except InvalidInput as error:
            self.faults |= error.fields
        except DatabaseError as error:
            if (text := advice(error)) is None:
                raise
            self.trouble = text
        return None

    def read(self) -> Page:
        """One page, as the database has it now."""
        return self.page_of(self.branches)

    def page_of(self, found: Branches) -> Page:
        """The page that was asked for."""
        return paginate(
            found.querysets,
            self.for_list,
            order=self.order,
            size=self.list_per_page,
            cursor=self.data.get(CURSOR, ""),
            scope=self.scope,
        )

    def for_list(self, rows: Any) -> Any:
        """The rows with all that the columns of this list read."""
        return self.model_admin.for_list(rows, self.columns)

    def counted(self) -> int:
        """How many match, as the database has it now."""
        return capped_count(self.branches.querysets)

    @property
    def is_valid(self) -> bool:
        """Whether everything in the address makes sense, the cursor included, and could be read."""
        return self.page is not None and not self.faults and not self.trouble

    @property
    def status(self) -> int:
        """Of the answer."""
        return 200 if self.is_valid else 503 if self.trouble else 400

    # -- what the page shows ------------------------------------------------------------------------------

    @cached_property
    def columns(self) -> list[Column]:
        """The columns, each resolved once."""
        return list(columns_of(self.model_admin, self.list_display))

    @property
    def rows_html(self) -> SafeString:
        """The rows of the table."""
        return rows_html(self.columns, self.result_list, self.list_display_links or (), self.link_html)

    def link_html(self, row: Any, text: str) -> SafeString:
        """The row's one real link."""
        return format_html('<a class="row-link" href="{}">{}</a>', self.url_for_result(row), text)

    def url_for_result(self, result: Any) -> str:
        """The row's page. Django would quote its id once more."""
        return str(result.get_absolute_url())

    @cached_property
    def active_filters(self) -> list[ActiveFilter]:
        """The filters that are on, each with the address that takes it away."""
        return active_filters(type(self.filterset), self.data, self.address)

    @property
    def form(self) -> FilterForm:
        """The form of the filters."""
        return form_of(self)

    @property
    def empty(self) -> dict[str, str]:
        """Why the list is empty, and what to do."""
        if self.data.get(CURSOR):
            return {"title": "Nothing on this page any more", "link": self.top, "word": "First page"}
        words: dict[str, str] = self.model_admin.empty_words(self)
        return words

    def address(self, **changes: str | None) -> str:
        """The list's address with other values; from the first page unless a cursor is given."""
        return changed(self.request.path, self.data, changes)

    @property
    def top(self) -> str:
        """The first page."""
        return self.address()

    @property
    def next(self) -> str:
        """The address of the page that follows."""
        return self.address(cursor=self.page.next) if self.page.next else ""

    @property
    def previous(self) -> str:
        """The address of the page before."""
        return self.address(cursor=self.page.previous) if self.page.previous else ""

    @property
    def in_words(self) -> str:
        """`failed, last 24 h`."""
        return in_words(self.active_filters)

    @property
    def noun(self) -> str:
        """What the number counts."""
        return self.one if self.result_count == 1 else self.many

    @property
    def order_words(self) -> str:
        """What the rows are sorted by."""
        return "newest first" if self.newest_first else "oldest first"

    @property
    def window(self) -> Window | None:
        """The time to which the list had to be limited."""
        return self.branches.window if self.is_valid else None

    @property
    def wider(self) -> list[tuple[str, str]]:
        """Wider windows."""
        start = self.filterset.periods[0][0]
        return [(text, self.address(**{start: text})) for text in WIDER]

    @property
    def matching(self) -> str:
        """The address of all that match, however they are shown."""
        return f"{self.request.path}?{self.filter_query}"

    @property
    def previous_text(self) -> str:
        """Where the page before leads."""
        return self.newer if self.newest_first else self.older

    @property
    def next_text(self) -> str:
        """Where the next page leads."""
        return self.older if self.newest_first else self.newer

    @property
    def other_order(self) -> str:
        """The same rows from the other end."""
        return self.address(order="oldest" if self.newest_first else None)

    @property
    def refresh(self) -> str:
        """Where the list renews itself."""
        return self.request.get_full_path()
