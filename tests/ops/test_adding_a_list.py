"""A column, a filter, a page, a panel and an action of a deployment: what docs/adding-a-list.md promises."""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import clear_url_caches, reverse

from ops.jobs.models import Job
from runs.models import Run
from tests.factories import make_run
from tests.people import enter

pytestmark = pytest.mark.django_db
GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-list.md"


def examples(language: str) -> list[str]:
    """The examples of the guide."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def olga(
    client: Client, operator: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> Any:
    """The operator's browser, with the guide's admin in the place of ours; afterwards it is gone."""
    import_module("console.urls")  # with our admin, to which it returns
    known: dict[str, Any] = {"__name__": "deployment"}
    exec(compile("\n".join(examples("python")), GUIDE.name, "exec"), known)  # noqa: S102 - our own guide
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "_key.html").write_text(*examples("html"))
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    monkeypatch.setattr(admin.site._wrapped, "_registry", dict(admin.site._registry))  # type: ignore[attr-defined]
    admin.site.unregister(Run)
    admin.site.register(Run, known["CountingRunAdmin"])
    monkeypatch.delitem(sys.modules, "console.urls")
    settings.ROOT_URLCONF = import_module("console.urls")
    clear_url_caches()
    yield enter(client, operator)
    clear_url_caches()


def keyed(*keys: str) -> list[Run]:
    runs = [make_run(concurrency_key=key) for key in keys]
    make_run()
    return runs


def test_the_guide_s_admin_passes_the_checks_of_the_admin(olga: Client) -> None:
    assert admin.site.get_model_admin(Run).check() == []


def test_the_column_is_in_the_list_and_costs_no_query_per_row(
    olga: Client, django_assert_max_num_queries: Any
) -> None:
    keyed("a")
    body = olga.get("/runs").content.decode()
    assert '<th class="col-text from-860">Key</th>' in body
    assert '<td class="from-860">a<' in body
    keyed(*"bcdefghij")
    with django_assert_max_num_queries(6):
        olga.get("/runs")


@pytest.mark.parametrize("kind", ["field", "method"])
def test_nor_does_a_plain_field_or_a_method_that_says_nothing_of_what_it_reads(
    olga: Client, kind: str, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    ours = admin.site.get_model_admin(Run)
    shown = admin.display(description="Said")(lambda run: run.concurrency_key)
    column = "concurrency_key" if kind == "field" else shown
    monkeypatch.setattr(ours, "list_display", (*ours.list_display[:1], column))
    keyed(*"bcdefghij")
    olga.get("/runs")
    with django_assert_max_num_queries(6):
        assert ">j<" in olga.get("/runs").content.decode()


def test_the_filter_narrows_the_list_and_stands_in_form_and_head(olga: Client) -> None:
    [mine, _] = keyed("a", "b")
    body = olga.get("/runs?concurrency_key=a").content.decode()
    assert re.findall(r'name="_selected_action" value="([^"]+)"', body) == [mine.pk]
    assert 'name="concurrency_key" id="filter-concurrency_key" value="a"' in body
    assert '<b title="a">a</b>' in body
    assert 'id="window"' in body


def test_a_job_refuses_a_filter_that_its_target_does_not_know(olga: Client) -> None:
    keyed("a")
    fields = {"action": "runs.cancel", "select_across": "1", "index": "0"}
    answer = olga.post("/runs?concurrency_key=a", fields)
    assert (answer.status_code, Job.objects.count()) == (409, 0)


def test_the_page_has_an_address_and_a_guard(olga: Client, stranger: Any) -> None:
    keyed("a")
    address = reverse("admin:runs_run_count")
    assert olga.get(address).content == b"2 runs"
    assert enter(Client(), stranger).get(address).status_code == 403


def test_the_panel_is_on_the_page_of_a_run_and_in_its_tabs(olga: Client) -> None:
    [run, _] = keyed("a", "a")
    body = olga.get(run.get_absolute_url()).content.decode()
    assert "1 others have this key" in body
    assert '<a href="#key">Key' in body


def test_the_action_is_offered_and_gets_the_ticked_rows_alone(olga: Client) -> None:
    [mine, _] = keyed("a", "b")
    assert 'name="action" value="count"' in olga.get("/runs").content.decode()
    answer = olga.post("/runs", {"action": "count", "index": "0", "_selected_action": mine.pk}, follow=True)
    assert "1 were ticked." in answer.content.decode()
    assert olga.post("/runs", {"action": "count", "index": "0", "select_across": "1"}).status_code == 400
    odd = {"action": "count", "index": "0", "_selected_action": "\x00"}
    assert olga.post("/runs", odd).status_code in {400, 302}
