"""`manage.py operate`: the fourth door."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.jobs.models import Job
from runs.models import Run
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db

NOWHERE = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"


def operate(*arguments: str, actor: str = "olga", reason: str = "broken deploy") -> tuple[int, str]:
    """Exit code and standard output."""
    out = io.StringIO()
    try:
        call_command("operate", *arguments, "--actor", actor, "--reason", reason, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def statuses(runs: list[Run]) -> list[str]:
    return [Run.objects.get(pk=run.pk).status for run in runs]


@pytest.fixture
def queued() -> list[Run]:
    event = make_event()
    return [make_run(event=event) for _ in range(3)]


def test_all_done_is_0(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", *(run.pk for run in queued))
    assert code == 0
    assert statuses(queued) == ["cancelled"] * 3
    assert out.count("done 0") == 3
    assert "3 done, 0 skipped, 0 failed" in out
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.door, entry.reason, entry.outcome) == (
        "olga",
        "command",
        "broken deploy",
        "performed",
    )


def test_some_skipped_is_3_and_says_why(operator: User, queued: list[Run]) -> None:
    done = make_run(status="completed")
    code, out = operate("runs.cancel", queued[0].pk, done.pk, NOWHERE)
    assert code == 3
    assert f"skipped {done.pk} Already completed." in out
    assert f"skipped {NOWHERE} There is no run with this id." in out
    assert statuses([queued[0], done]) == ["cancelled", "completed"]


def test_refused_is_2_changes_nothing_and_is_audited(viewer: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", queued[0].pk, actor="vera")
    assert code == 2
    assert "runs.cancel_run" in out
    assert statuses(queued) == ["queued"] * 3
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.outcome, entry.items.get().target) == ("vera", "refused", queued[0].pk)


def test_somebody_who_may_not_sign_in_is_refused(operator: User, queued: list[Run]) -> None:
    operator.is_active = False
    operator.save()
    assert operate("runs.cancel", queued[0].pk)[0] == 2
    assert statuses(queued) == ["queued"] * 3
    assert AuditEntry.objects.get().outcome == "refused"


@pytest.mark.parametrize(
    ("arguments", "about", "field"),
    [
        (["runs.explode", NOWHERE], {}, "verb"),
        (["runs.cancel"], {}, "ids"),
        (["runs.cancel", *(f"x{number}" for number in range(1_001))], {}, "ids"),
        (["runs.cancel", "x" * 300], {}, "ids"),
        (["runs.cancel", "a\x00b"], {}, "ids"),
        (["runs.cancel", "a\udce9b"], {}, "ids"),
        (["runs.cancel", NOWHERE], {"reason": "  "}, "reason"),
        (["runs.cancel", NOWHERE], {"reason": "x" * 2_001}, "reason"),
        (["runs.cancel", NOWHERE], {"reason": "a\udce9b"}, "reason"),
        (["runs.cancel", NOWHERE], {"actor": "nobody"}, "actor"),
        (["runs.cancel", NOWHERE, "--set", "speed=9"], {}, "speed"),
        (["runs.cancel", NOWHERE, "--set", "speed"], {}, "set"),
    ],
)
def test_unusable_input_is_2_and_names_the_field(
    operator: User, arguments: list[str], about: dict[str, Any], field: str
) -> None:
    code, out = operate(*arguments, "--json", **about)
    assert code == 2
    assert field in json.loads(out.splitlines()[0])["error"]["fields"]


@pytest.mark.parametrize("missing", ["--actor", "--reason"])
def test_actor_and_reason_are_required(operator: User, missing: str) -> None:
    given = {"--actor": "olga", "--reason": "x"}
    del given[missing]
    with pytest.raises(CommandError, match=missing):
        call_command("operate", "runs.cancel", NOWHERE, *(part for pair in given.items() for part in pair))


def test_ids_also_come_from_standard_input(
    operator: User, queued: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = f"\n{queued[1].pk}\n  {queued[2].pk}  \n\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert operate("runs.cancel", queued[0].pk, "-")[0] == 0
    assert statuses(queued) == ["cancelled"] * 3


def test_json_is_the_answer_of_the_api(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", queued[0].pk, "--json")
    assert code == 0
    outcomes = [{"id": queued[0].pk, "outcome": "done", "reason": ""}]
    assert json.loads(out) == {"outcomes": outcomes, "audit": AuditEntry.objects.get().pk}


def test_an_id_given_twice_is_one(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", queued[0].pk, queued[0].pk)
    assert code == 0
    assert "1 done" in out


def test_a_filter_is_a_job_that_waits(operator: User, queued: list[Run]) -> None:
    make_run(status="completed")
    code, out = operate("runs.cancel", "--filter", "state=queued", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["state"], told["total"], told["counts"]["done"]) == ("finished", 3, 3)
    assert statuses(queued) == ["cancelled"] * 3


def test_a_job_with_skipped_items_is_3(operator: User, queued: list[Run]) -> None:
    make_run(status="completed")
    code, out = operate("runs.cancel", "--all")
    assert code == 3
    assert "3 done, 1 skipped, 0 failed, 0 pending" in out


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["runs.cancel", "--filter", ""], "filter"),
        (["runs.cancel", "--filter", "state=borken"], "state"),
        (["runs.cancel", "--filter", "nonsense=1"], "nonsense"),
        (["runs.cancel", NOWHERE, "--filter", "state=queued"], "ids"),
        (["runs.cancel", "--all", "--set", "speed=9"], "speed"),
    ],
)
def test_a_filter_that_cannot_be_used_changes_nothing(
    operator: User, queued: list[Run], arguments: list[str], field: str
) -> None:
    code, out = operate(*arguments, "--json")
    assert code == 2
    assert field in json.loads(out.splitlines()[0])["error"]["fields"]
    assert statuses(queued) == ["queued"] * 3


def test_a_detached_job_is_left_to_the_workers(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", "--filter", "state=queued", "--detach", "--json")
    assert code == 0
    assert json.loads(out)["state"] == "running"
    assert statuses(queued) == ["queued"] * 3


def test_a_preview_is_printed_and_nothing_is_done(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", "--filter", "state=queued", "--preview")
    job = Job.objects.get()
    assert (code, job.state, statuses(queued)) == (0, "ready", ["queued"] * 3)
    assert "3 will be cancelled" in out
    assert f"Nothing was changed. Confirm it at /ops/jobs/{job.pk}." in out


def test_a_preview_as_json_is_that_of_the_api(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", "--filter", "state=queued", "--preview", "--json")
    told = json.loads(out)
    assert (code, told["job"], told["total"]) == (0, Job.objects.get().pk, 3)
    assert told["expected"] == [{"outcome": "done", "remark": "", "count": 3}]


def test_a_preview_is_a_jobs(operator: User, queued: list[Run]) -> None:
    code, out = operate("runs.cancel", queued[0].pk, "--preview", "--json")
    assert (code, list(json.loads(out.splitlines()[0])["error"]["fields"])) == (2, ["filter"])
