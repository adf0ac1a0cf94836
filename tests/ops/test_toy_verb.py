"""A verb of a few lines has every door: what docs/adding-an-operation.md promises, with its very example."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.test import Client

import console
import runs as runs_app
from ops.access import grants
from ops.access.models import User
from ops.access.roles import keep_roles
from ops.audit import verbs
from ops.audit.models import AuditEntry
from ops.jobs import lifecycle, worker
from ops.jobs.models import Job
from ops.operations import matrix
from ops.operations import operation as registry
from runs.models import Run
from tests.api.conftest import signed_in
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by
from tests.people import enter

pytestmark = pytest.mark.django_db
GUIDE = Path(__file__).parents[2] / "docs" / "adding-an-operation.md"
DOOR = "/ops/operate/runs.touch"


def example() -> str:
    """The example of the guide."""
    return GUIDE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]


@pytest.fixture(autouse=True)
def touch(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The guide's verb, as if it had been there when the server began; afterwards it is gone."""
    for known in (registry, grants):
        monkeypatch.setattr(known, "_registry", dict(known._registry))
    monkeypatch.setattr(verbs, "WORDS", dict(verbs.WORDS))
    exec(compile(example(), GUIDE.name, "exec"), {})  # noqa: S102 - our own guide
    kind = ContentType.objects.get_for_model(Run)
    Permission.objects.create(content_type=kind, codename="touch_run", name="Can touch runs")
    list(keep_roles())
    for package, name in ((runs_app, "api"), (console, "api_urls"), (console, "urls")):
        monkeypatch.setattr(package, name, import_module(f"{package.__name__}.{name}"))
        monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}")
    settings.ROOT_URLCONF = import_module("console.urls")


@pytest.fixture
def runs() -> list[Run]:
    event = make_event()
    return [make_run(event=event) for _ in range(2)]


def keys(runs: list[Run]) -> list[str]:
    return [run.pk for run in runs]


def touched() -> QuerySet[Run]:
    return Run.objects.filter(concurrency_key__isnull=False)


def entry() -> AuditEntry:
    """What the verb left in the audit log."""
    return AuditEntry.objects.get(verb="runs.touch")


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    return enter(client, operator)


def test_the_page_asks_does_and_notes_it(olga: Client, runs: list[Run]) -> None:
    body = olga.get(DOOR, {"ids": keys(runs)}).content.decode()
    assert "Touch 2 runs" in body
    assert "2 will be touched" in body
    assert "The key that it had is lost." in body
    assert 'name="key"' in body
    assert not touched().exists()
    fields = {"ids": keys(runs), "key": "a", "reason": "why", "confirm": "1"}
    assert olga.post(DOOR, fields).status_code == 303
    assert touched().filter(concurrency_key="a").count() == 2
    assert (entry().actor, entry().door, entry().reason, entry().outcome) == (
        "olga",
        "page",
        "why",
        "performed",
    )
    assert entry().items.count() == 2
    assert f"/audit/{entry().pk}" in olga.get("/runs").content.decode()


def test_rows_selections_and_all_that_match_offer_it(olga: Client, runs: list[Run]) -> None:
    listed = olga.get("/runs").content.decode()
    assert listed.count('name="action" value="runs.touch"') == 2
    for address in (f"/runs/{runs[0].pk}", f"/runs/{runs[0].pk}/quick"):
        assert f"{DOOR}?ids={runs[0].pk}" in olga.get(address).content.decode()


def test_the_filters_of_the_audit_know_it(olga: Client) -> None:
    assert "runs.touch" in olga.get("/audit").content.decode()


def test_all_that_match_become_a_job_with_a_preview(
    olga: Client, runs: list[Run], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = olga.post("/ops/jobs/create", {"verb": "runs.touch", "filter": "state=queued"})
    page = olga.get(answer["Location"]).content.decode()
    assert "<b>2</b> will be touched" in page
    assert 'name="key"' in page
    olga.post(f"{answer['Location']}/confirm", {"reason": "why", "settings": "1", "key": "b"})
    job = Job.objects.get()
    worker.work(job.pk, seconds=5)
    assert touched().filter(concurrency_key="b").count() == 2
    assert (entry().door, entry().parameters_value) == ("job", {"key": "b", "job": job.pk})


def test_the_api_has_its_three_addresses(operator: User, runs: list[Run]) -> None:
    caller = signed_in(operator)
    many = caller.post("/api/runs/touch", {"ids": [*keys(runs), "nope"], "reason": "why", "key": "c"})
    assert [one["outcome"] for one in many["outcomes"]] == ["done", "done", "skipped"]
    one = caller.post(f"/api/runs/{runs[0].pk}/touch", {"reason": "why"})
    assert (caller.status, one["outcomes"][0]["outcome"]) == (200, "done")
    job = caller.post("/api/runs/bulk-touch", {"ids": keys(runs), "key": "d"})
    assert (caller.status, job["verb"]) == (202, "runs.touch")
    caller.post("/api/runs/touch", {"ids": keys(runs), "reason": "why", "key": "x" * 51})
    assert caller.status == 400


def test_the_command_does_it_by_id_and_by_filter(operator: User, runs: list[Run]) -> None:
    about: dict[str, Any] = {"actor": "olga", "reason": "why", "stderr": StringIO()}
    for arguments in ([runs[0].pk, "--set=key=e"], ["--filter=state=queued"]):
        out = StringIO()
        call_command("operate", "runs.touch", *arguments, "--json", stdout=out, **about)
        assert "done" in json.loads(out.getvalue()).get("counts", {"done": 1})
    assert touched().count() == 2


def test_the_matrix_and_the_openapi_file_tell_of_it(admin: User) -> None:
    document = matrix.document()
    for line in ("`runs.touch_run` |", "`runs.touch` |", "`/api/runs/touch`", "`/api/runs/bulk-touch`"):
        assert line in document
    told = enter(Client(), admin).get("/api/schema/?format=json").json()["paths"]
    for path in ("/api/runs/touch", "/api/runs/{id}/touch", "/api/runs/bulk-touch"):
        assert told[path]["post"]["description"].startswith("Touch runs")


def by_page(user: User, pk: str) -> bool:
    client = enter(Client(), user)
    answers = [
        client.get(DOOR, {"ids": pk}),
        client.post(DOOR, {"ids": pk, "reason": "why", "confirm": "1"}),
        client.post("/ops/jobs/create", {"verb": "runs.touch", "filter": "state=queued"}),
    ]
    return [answer.status_code for answer in answers] == [403, 403, 403]


def by_api(user: User, pk: str) -> bool:
    caller, found = signed_in(user), []
    for address in ("touch", f"{pk}/touch", "bulk-touch"):
        caller.post(f"/api/runs/{address}", {"ids": [pk], "reason": "why"})
        found.append(caller.status)
    return found == [403, 403, 403]


def by_command(user: User, pk: str) -> bool:
    found = []
    for arguments in ([pk], ["--filter=state=queued"]):
        with pytest.raises(CommandError) as refused:
            call_command("operate", "runs.touch", *arguments, actor=user.username, reason="why")
        found.append(refused.value.returncode)
    return found == [2, 2]


@pytest.mark.parametrize(
    ("door", "attempts"), [(by_page, 2), (by_api, 3), (by_command, 2)], ids=["page", "api", "command"]
)
@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_who_may_not_is_refused_at_every_door_and_noted(
    request: pytest.FixtureRequest,
    runs: list[Run],
    who: str,
    door: Callable[[User, str], bool],
    attempts: int,
) -> None:
    user = request.getfixturevalue(who)
    assert door(user, runs[0].pk)
    assert not touched().exists()
    noted = AuditEntry.objects.filter(verb="runs.touch", outcome="refused", actor=user.username)
    # The matrix of who may look at all stops a stranger before the verb does.
    assert noted.count() == attempts or (who == "stranger" and noted.exists())


def test_a_job_of_a_person_who_lost_the_role_stops(operator: User, runs: list[Run]) -> None:
    job = lifecycle.create("runs.touch", actor=by(operator), source="two", ids=keys(runs))
    worker.work(job.pk, seconds=5)
    lifecycle.confirm(job.pk, actor=by(operator), reason="why")
    operator.groups.clear()
    worker.work(job.pk, seconds=5)
    assert Job.objects.get(pk=job.pk).state == "stopped"
    assert not touched().exists()


def test_nobody_who_may_not_is_offered_it(client: Client, viewer: User, runs: list[Run]) -> None:
    listed = enter(client, viewer).get("/runs").content.decode()
    assert "runs.touch" not in listed
