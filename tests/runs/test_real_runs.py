"""Runs that the real engine wrote: each page opens, and each filter finds what plain SQL finds."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from ops.lists.pagination import capped_count
from runs.filters import RunFilter
from runs.models import Run, Step
from tests.engine.real_data import FOLDER, needs_real_data
from tests.engine.real_rows import load_real_rows

pytestmark = [pytest.mark.django_db, needs_real_data]
ID = re.compile(r"`([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})`")
CONDITIONS = {
    "": "1 = 1",
    "state=failed": "status = 'failed'",
    "state=cancelled&state=completed": "status IN ('cancelled', 'completed')",
    "state=running&state=stuck&state=held": "status = 'running'",
    "state=stuck": f"status = 'running' AND locked_until < '{timezone.now().isoformat()}'",
    "function_id=sync-crm": "function_id = 'sync-crm'",
    "function_id=sync-crm&function_id=charge-card&state=failed": (
        "function_id IN ('sync-crm', 'charge-card') AND status = 'failed'"
    ),
    "worker=shop-worker-3": "locked_by = 'shop-worker-3'",
    "has_error=true&created_from=1970-01-01": "error IS NOT NULL",
    "attempt=2&created_from=1970-01-01": "attempt = 2",
    "created_from=2026-11-20T23:04:30Z": "created_at >= '2026-11-20T23:04:30+00:00'",
    "created_to=2026-11-20T23:04:30Z": "created_at < '2026-11-20T23:04:30+00:00'",
    "q=crm": "function_id LIKE '%crm%'",
    "q=01a1fb34": "CAST(id AS text) LIKE '01a1fb34%' OR CAST(event_id AS text) LIKE '01a1fb34%'",
}


@pytest.fixture(autouse=True)
def real_rows(db: None) -> None:
    cache.clear()
    load_real_rows()


def counted(condition: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM function_runs WHERE " + condition)  # noqa: S608 - ours, above
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("query", CONDITIONS)
def test_a_filter_agrees_with_plain_sql(query: str) -> None:
    criteria = RunFilter(QueryDict(query)).checked_criteria()
    assert capped_count(Run.objects.branches(criteria)) == counted(CONDITIONS[query])


def test_every_interesting_run_has_its_page(client: Client, operator: Any) -> None:
    client.force_login(operator)
    named = ID.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    runs = Run.objects.filter(pk__in=named)
    assert len(runs) > 20
    for run in runs:
        body = client.get(run.get_absolute_url())
        assert body.status_code == 200
        for step in Step.objects.filter(run_id=run.pk):
            address = f"{run.get_absolute_url()}?{urlencode({'step': step.step_id})}"
            assert client.get(address).status_code == 200


def test_all_runs_are_on_the_pages_of_the_list(client: Client, viewer: Any) -> None:
    client.force_login(viewer)
    found: set[str] = set()
    address = "/runs"
    while address:
        body = client.get(address).content.decode()
        found |= set(re.findall(r'href="/runs/([0-9a-f-]{36})"', body))
        following = re.search(r'rel="next" href="([^"]+)"', body)
        address = following[1].replace("&amp;", "&") if following else ""
    assert found == set(Run.objects.values_list("pk", flat=True))
