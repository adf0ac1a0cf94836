"""`manage.py audit verify` says whether the log is whole."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log
from ops.audit.models import GENESIS, AuditEntry
from ops.audit.triggers import protect, unprotect


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", "verify", *arguments, stdout=out)
    return out.getvalue()


def write(user: User, reason: str = "") -> AuditEntry:
    return log.record(actor=Actor(user=user, door="command"), verb="runs.cancel", reason=reason)


def test_a_whole_log_is_counted_and_its_head_printed(operator: User) -> None:
    assert verify() == f"0 entries. Head 0:{GENESIS}\n"
    write(operator)
    entry = write(operator)
    assert verify() == f"2 entries. Head 2:{entry.hash}\n"


def test_a_log_that_was_changed_fails_and_names_the_entry(operator: User) -> None:
    write(operator)
    entry = write(operator)
    unprotect(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ops_auditentry SET reason = 'forged' WHERE id = 1")
    protect(connection)
    out = StringIO()
    with pytest.raises(CommandError, match="not intact: 1 faults") as failure:
        call_command("audit", "verify", stdout=out)
    assert failure.value.returncode == 1
    assert out.getvalue() == f"Entry 1: was changed or inserted.\n2 entries. Head 2:{entry.hash}\n"


def test_a_noted_head_is_looked_for(operator: User) -> None:
    first, second = write(operator), write(operator)
    assert "2 entries" in verify("--expect", f"1:{first.hash}", "--expect", f"2:{second.hash}")
    with pytest.raises(CommandError, match="not intact"):
        verify("--expect", f"3:{second.hash}")
    with pytest.raises(CommandError, match="not intact"):
        verify("--expect", f"1:{second.hash}")


@pytest.mark.parametrize("text", ["", "1", "x:y", f"1:{'0' * 63}", f"-1:{'0' * 64}"])
def test_a_head_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        verify(f"--expect={text}")


def test_verify_has_to_be_said() -> None:
    with pytest.raises(CommandError, match="action"):
        call_command("audit")
