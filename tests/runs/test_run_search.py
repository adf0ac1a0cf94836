"""Search and alternatives of any number find all that match, in lists, counts and frozen jobs alike."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.access.models import User
from ops.display.formatting import short_text
from ops.engine import extensions
from ops.jobs.models import Job, JobItem
from ops.lists.pagination import capped_count, paginate
from ops.operations.targets import get_target
from ops.platform.errors import InvalidInput
from runs import ordering
from runs.criteria import RunCriteria
from runs.filters import RunFilter
from runs.models import Run
from runs.ordering import run_order
from runs.states import State, Status
from tests.factories import make_event, make_run, new_id
from tests.ops.jobs.test_job import job_of, work

MANY = 60


@pytest.fixture(params=["with our indexes", "without"])
def indexes(request: pytest.FixtureRequest, transactional_db: None) -> None:
    """Lists are read in another way where our indexes serve them."""
    if request.param == "with our indexes":
        extensions.install(extensions.get("indexes"), connection, str)
        request.addfinalizer(lambda: extensions.remove(extensions.get("indexes"), connection, str))
        assert ordering.orders_by_id()


def criteria(**parameters: object) -> RunCriteria:
    return RunFilter(QueryDict(urlencode(parameters, doseq=True))).checked_criteria()


def walk(wanted: RunCriteria, *, newest_first: bool = True, size: int = 7) -> list[str]:
    """Ids of all pages forwards; backwards they must be the same."""

    def page(cursor: str = "") -> Any:
        order = run_order(newest_first=newest_first)
        branches = Run.objects.branches(wanted)
        return paginate(branches, lambda rows: rows.for_list(), order=order, size=size, cursor=cursor)

    pages = [page()]
    while pages[-1].next:
        pages.append(page(pages[-1].next))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(back[-1].previous))
    found = [row.pk for one in pages for row in one.rows]
    assert found == [row.pk for one in reversed(back) for row in one.rows]
    return found


def many_functions(count: int = MANY) -> list[Run]:
    """Runs of many functions, unevenly: some have one, some several; all states."""
    event, now = make_event(), timezone.now()
    runs = []
    for number in range(count):
        for turn in range(1 + number % 4):
            at = now - timedelta(minutes=number + 13 * turn)
            status = Status.values[(number + turn) % 5]
            runs.append(make_run(f"sync-{number:03}", status, created_at=at, event=event))
    runs.append(make_run("other", event=event))
    return runs


def test_a_search_finds_the_runs_of_every_function_that_matches(indexes: None) -> None:
    runs = many_functions()
    expected = {run.pk for run in runs if run.function_id.startswith("sync")}
    wanted = criteria(q="SYNC-")
    found = walk(wanted)
    assert len(found) == len(expected)
    assert set(found) == expected
    assert walk(wanted, newest_first=False) == found[::-1]
    assert capped_count(Run.objects.branches(wanted)) == len(expected)
    assert capped_count(Run.objects.branches(wanted), cap=20) == 21


def test_states_and_statuses_and_functions_and_a_search_are_one_answer(indexes: None) -> None:
    runs = many_functions()
    states, statuses = list(State.values), ["failed", "queued", "running"]
    names = [f"sync-{number:03}" for number in range(0, MANY, 2)]
    wanted = criteria(q="sync", state=states, status=statuses, function_id=names)
    expected = {run.pk for run in runs if run.status in statuses and run.function_id in names}
    assert set(walk(wanted)) == expected
    assert walk(wanted, newest_first=False, size=50) == walk(wanted)[::-1]
    assert capped_count(Run.objects.branches(wanted)) == len(expected)


def test_every_filter_with_as_many_values_as_there_are_is_answered(client: Client, operator: User) -> None:
    runs = many_functions(100)
    client.force_login(operator)
    ids = [str(run.event_id) for run in runs[:1]] + [new_id() for _ in range(2_000)]
    names = [run.function_id for run in runs]
    everything = {"state": State.values, "status": Status.values, "function_id": names, "event_id": ids}
    for query in ({"q": "sync"}, {"q": runs[0].pk[:8]}, {}):
        address = urlencode(everything | query, doseq=True)
        assert client.get(f"/runs?{address}").status_code == 200
        assert client.get(f"/api/runs?limit=500&{address}").status_code == 200


def test_a_state_that_no_status_asked_for_has_shows_nothing(client: Client, operator: User) -> None:
    make_run(status="failed")
    client.force_login(operator)
    assert client.get("/api/runs?state=failed&status=queued").json()["results"] == []


def test_a_search_freezes_every_run_that_matches(indexes: None, operator: User) -> None:
    runs = many_functions()
    job = work(job_of(operator, q="sync"))
    expected = sorted((run.pk for run in runs if "sync" in run.function_id), reverse=True)
    assert job.total == len(expected)
    items = JobItem.objects.filter(job=job).order_by("position")
    assert list(items.values_list("target", flat=True)) == expected
    assert get_target("runs.run").count({"q": "sync", "created_to": timezone.now().isoformat()}) == len(
        expected
    )


def test_slices_of_a_frozen_search_meet_each_run_once(indexes: None) -> None:
    many_functions()
    frozen = get_target("runs.run").frozen(
        QueryDict("q=sync&state=failed&state=queued&state=completed"), everything=False
    )
    values = RunFilter(frozen).checked()
    found: list[str] = []
    while rows := list(get_target("runs.run").matching(values, found[-1] if found else None, 9)):
        found += [row["id"] for row in rows]
    wanted = Run.objects.filter(function_id__startswith="sync", status__in=["failed", "queued", "completed"])
    assert found == sorted(wanted.values_list("pk", flat=True), reverse=True)


@pytest.mark.django_db
def test_a_function_that_is_new_since_the_last_search_is_frozen_too(operator: User) -> None:
    make_run("sync-old")
    assert len(walk(criteria(q="sync"))) == 1
    make_run("sync-new")
    assert work(job_of(operator, q="sync")).total == 2


@pytest.mark.django_db
def test_a_search_that_finds_nothing_makes_an_empty_job(operator: User) -> None:
    make_run()
    job = work(job_of(operator, q="nothing like this"))
    assert (job.state, job.total, job.explanation) == (Job.State.READY, 0, "")


@pytest.mark.django_db
@pytest.mark.parametrize("future", ["2100-01-01", "8999-12-31T00:00:00Z"])
def test_what_does_not_exist_yet_is_never_frozen(future: str) -> None:
    frozen = get_target("runs.run").frozen(QueryDict(f"created_to={future}&state=queued"), everything=False)
    values = RunFilter(frozen).checked()
    assert values["created_to"] <= timezone.now()
    make_run(created_at=timezone.now() + timedelta(minutes=10))
    assert list(get_target("runs.run").matching(values, None, 10)) == []


@pytest.mark.django_db
def test_a_job_over_a_range_in_the_future_is_refused_at_the_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        get_target("runs.run").frozen(QueryDict("created_from=2100-01-01"), everything=False)
    assert list(refused.value.fields) == ["created_from"]


@pytest.mark.django_db
def test_a_window_ends_now_where_the_range_ends_in_the_future() -> None:
    wanted = criteria(has_error="true", created_to="2100-01-01")
    assert wanted.windowed
    assert wanted.created_from is not None
    assert wanted.created_from < timezone.now()


@pytest.mark.django_db
@pytest.mark.parametrize("ellipsis", ["…", "...", " … ", "-…-"])
def test_the_short_id_that_lists_show_finds_the_run(ellipsis: str) -> None:
    run = make_run()
    beside = make_run()
    Run.objects.filter(pk=beside.pk).update(id=f"{run.pk[:8]}{beside.pk[8:-4]}{'0000'}")
    short = short_text(run.pk).replace("…", ellipsis)
    assert walk(criteria(q=short)) == [run.pk]
    assert walk(criteria(q=short.upper())) == [run.pk]
    assert walk(criteria(q=short_text(str(run.event_id)))) == [run.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/runs", "/api/runs"])
def test_a_range_that_ends_before_it_begins_is_an_error_at_its_field(
    client: Client, operator: User, address: str
) -> None:
    client.force_login(operator)
    answer = client.get(f"{address}?created_from=2026-02-22&created_to=2026-02-21")
    assert answer.status_code == 400
    assert "created_to" in answer.content.decode()
    assert "after" in answer.content.decode()
    assert client.get(f"{address}?created_from=1h&created_to=2h").status_code == 400


def test_a_page_of_a_broad_search_asks_a_fixed_number_of_queries(indexes: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            order = run_order()
            branches = Run.objects.branches(criteria(q="sync"))
            paginate(branches, lambda rows: rows.for_list(), order=order, size=50)
        return len(asked)

    many_functions(MANY)
    queries()
    before = queries()
    many_functions(3 * MANY)
    cache.delete("runs.function_ids")
    assert queries() == before + 1
