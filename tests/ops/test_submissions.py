"""A form that is sent twice is done once: double clicks, tabs, several processes."""

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from ops.access.models import User
from ops.api.idempotency import KnownRequest
from ops.audit.models import AuditEntry
from ops.jobs import lifecycle
from ops.jobs.models import Job
from runs.models import Replay, Run
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, start, work
from tests.people import enter

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
FORM = r"<form [^>]*{}[^>]*>(.*?)</form>"


def form_at(client: Client, address: str, mark: str) -> dict[str, Any]:
    """The hidden fields of the form on the page whose tag has the mark, as a browser sends them."""
    page = client.get(address).content.decode()
    [form] = re.findall(FORM.format(re.escape(mark)), page, re.DOTALL)
    fields: dict[str, Any] = {}
    for name, value in HIDDEN.findall(form):
        fields.setdefault(name, []).append(html.unescape(value))
    fields.pop("csrfmiddlewaretoken")
    return fields


def in_parallel(posts: list[Callable[[], Any]]) -> list[Any]:
    """All at once, each on a connection of its own."""
    ready = Barrier(len(posts))

    def post(send: Callable[[], Any]) -> Any:
        try:
            ready.wait()
            return send()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(posts)) as pool:
        return list(pool.map(post, posts))


@pytest.mark.django_db(transaction=True)
def test_five_parallel_posts_of_one_form_replay_the_run_once(operator: User) -> None:
    run = make_run(status="failed")
    address = f"/runs/{run.pk}/replay"
    clients = [enter(Client(), operator) for _ in range(5)]
    fields = form_at(clients[0], address, 'id="replay"') | {"confirm": "1", "mode": "start", "reason": "x"}
    answers = in_parallel([lambda client=client: client.post(address, fields) for client in clients])  # type: ignore[misc]
    assert [answer.status_code for answer in answers] == [303] * 5
    assert {answer["Location"] for answer in answers} == {f"/runs/{Replay.objects.get().run}"}
    assert AuditEntry.objects.filter(verb="runs.replay").count() == 1


@pytest.mark.django_db(transaction=True)
def test_five_people_who_undo_a_job_at_once_get_one_undo(operator: User) -> None:
    make_run()
    job = start(job_of(operator, state=["queued"]), operator)
    clients = [enter(Client(), operator) for _ in range(5)]
    answers = in_parallel([lambda c=c: c.post(f"{job.get_absolute_url()}/undo") for c in clients])  # type: ignore[misc]
    undo = Job.objects.get(relation="undo")
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (303, undo.get_absolute_url())
    }


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    return enter(client, operator)


@pytest.mark.django_db
def test_the_second_answer_shows_the_result_of_the_first(olga: Client) -> None:
    event = make_event()
    ids = [make_run(event=event).pk for _ in range(2)]
    fields = form_at(olga, f"/ops/operate/runs.cancel?ids={ids[0]}&ids={ids[1]}", 'id="confirm"')
    fields |= {"reason": "wrong release"}
    said = []
    for _ in range(2):
        answer = olga.post("/ops/operate/runs.cancel", fields)
        assert (answer.status_code, answer["Location"]) == (303, "/runs")
        [alert] = re.findall(r"2 cancelled\..*?</a>", olga.get("/runs").content.decode())
        said.append(alert)
    assert said[0] == said[1]
    assert '<a href="/audit/' in said[0]
    assert AuditEntry.objects.filter(verb="runs.cancel").count() == 1


@pytest.mark.django_db
def test_a_form_that_was_opened_again_acts_again(olga: Client) -> None:
    run = make_run(status="failed")
    address = f"/runs/{run.pk}/replay"
    for _ in range(2):
        fields = form_at(olga, address, 'id="replay"')
        olga.post(address, fields | {"confirm": "1", "mode": "start", "reason": "x"})
    assert Replay.objects.count() == 2


@pytest.mark.django_db
def test_a_form_that_was_filled_in_otherwise_is_another_one(olga: Client) -> None:
    run = make_run(status="failed")
    address = f"/runs/{run.pk}/replay"
    fields = form_at(olga, address, 'id="replay"') | {"confirm": "1", "mode": "start"}
    for reason in ("card fixed", "card fixed, once more"):
        olga.post(address, fields | {"reason": reason})
    assert Replay.objects.count() == 2


@pytest.mark.django_db
def test_a_form_with_a_fault_may_be_sent_again(olga: Client) -> None:
    run = make_run(status="failed")
    address = f"/runs/{run.pk}/replay"
    fields = form_at(olga, address, 'id="replay"') | {"confirm": "1", "mode": "start"}
    assert olga.post(address, fields | {"reason": ""}).status_code == 400
    assert not KnownRequest.objects.exists()
    assert olga.post(address, fields | {"reason": "x"}).status_code == 303


@pytest.mark.django_db
def test_a_refusal_is_kept_in_the_audit_log(client: Client, viewer: User, operator: User) -> None:
    run = make_run()
    fields = form_at(enter(Client(), operator), f"/ops/operate/runs.cancel?ids={run.pk}", 'id="confirm"')
    vera = enter(client, viewer)
    for _ in range(2):
        assert vera.post("/ops/operate/runs.cancel", fields | {"reason": "x"}).status_code == 403
    assert AuditEntry.objects.filter(verb="runs.cancel", outcome="refused").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["\x00", "short", "x" * 300, "é" * 20])
def test_a_key_that_is_none_is_refused_and_nothing_done(olga: Client, key: str) -> None:
    run = make_run(status="failed")
    for address in (f"/runs/{run.pk}/replay", "/ops/operate/runs.replay", "/ops/jobs/create"):
        fields = {
            "ids": run.pk,
            "confirm": "1",
            "reason": "x",
            "verb": "runs.replay",
            "filter": "state=failed",
        }
        answer = olga.post(address, fields | {"once": key})
        assert answer.status_code in {400, 409}
        assert "Open the page again" in answer.content.decode()
    assert Run.objects.count() == 1
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_all_that_match_becomes_one_job_however_often_it_is_clicked(olga: Client) -> None:
    make_run()
    fields = form_at(olga, "/runs?state=queued", 'id="matching"') | {"action": "runs.cancel"}
    answers = [olga.post("/runs?state=queued", fields) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [Job.objects.get().get_absolute_url()] * 2
    olga.post("/runs?state=queued", fields | {"action": "runs.replay"})
    assert Job.objects.count() == 2


@pytest.mark.django_db
def test_a_job_that_is_confirmed_twice_by_one_form_shows_itself(olga: Client, operator: User) -> None:
    make_run()
    job = work(job_of(operator, state=["queued"]))
    fields = form_at(olga, job.get_absolute_url(), 'id="confirm"') | {"reason": "x"}
    for _ in range(2):
        answer = olga.post(f"{job.get_absolute_url()}/confirm", fields)
        assert (answer.status_code, answer["Location"]) == (303, job.get_absolute_url())


@pytest.mark.django_db
def test_a_job_has_one_open_successor_of_each_kind(olga: Client, operator: User) -> None:
    failed_runs(1)
    job = start(replay_job(operator), operator)
    Job.objects.filter(pk=job.pk).update(failed=1)
    for relation, ask in (("undo", lifecycle.undo), ("retry", lifecycle.retry_failed)):
        first = ask(job.pk, actor=by(operator))
        with pytest.raises(lifecycle.SuccessorOpen, match=f"Job {first.pk} already .* job {job.pk} did"):
            ask(job.pk, actor=by(operator))
        assert job.successors.filter(relation=relation).count() == 1
    page = olga.get(job.get_absolute_url()).content.decode()
    assert 'id="undo"' not in page
    assert "Retry 1 failed" not in page
    Job.objects.filter(origin=job).update(state="failed")
    page = olga.get(job.get_absolute_url()).content.decode()
    assert 'id="undo"' in page
    assert lifecycle.undo(job.pk, actor=by(operator)).origin_id == job.pk
