"""Who may what: every address, verb and command behaves exactly as docs/roles.md says."""

import hashlib
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from ops.access.actors import Actor
from ops.access.roles import ROLES, roles_with
from ops.audit.models import AuditEntry
from ops.management.commands.roles import PLACE
from ops.operations.matrix import PUBLIC, Address, document
from ops.operations.operation import operations
from tests.factories import make_run
from tests.meta.world import ALL, World
from tests.people import enter

GUARDED = [address for address in ALL.values() if not address.public]
UNSAFE = ("post", "put", "delete")
# What reading a page may write: the session is renewed, and nothing else.
NOT_STATE = {"django_session"}
# 404: what Django's admin answers for a token, of which there is nothing to change.
REFUSALS = {403, 404, 405}
# What a POST would do something with.
WISHES = "?confirm=1&reason=why&action=delete_selected&_selected_action=1&ids=1&verb=runs.cancel"
FRAGMENT = {"hx-request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return World.made()


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def statuses(client: Client, world: World, headers: dict[str, str]) -> dict[str, int]:
    """Pattern → status of GET, without those that have no GET at all."""
    found = {a.path: client.get(world.address(a), headers=headers).status_code for a in GUARDED}
    return {path: status for path, status in found.items() if status != 405}


def expected(address: Address, role: str) -> bool:
    """Whether the matrix lets the role in; staff without a role only where being staff is enough."""
    verb = "runs.cancel_run" if address.path == "ops/operate/<str:verb>" else None
    asked = [permission for permission in (address.permission, verb) if permission]
    return all(role in roles_with(permission) for permission in asked)


def test_the_document_is_what_the_code_says() -> None:
    assert PLACE.read_text(encoding="utf-8") == document()
    call_command("roles", check=True)


def test_the_command_writes_the_document(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.management.commands.roles.PLACE", tmp_path / "roles.md")
    with pytest.raises(CommandError, match="out of date"):
        call_command("roles", check=True)
    call_command("roles")
    assert (tmp_path / "roles.md").read_text(encoding="utf-8") == document()


def test_every_address_asks_a_permission_or_is_public() -> None:
    assert [address.path for address in ALL.values() if not address.declared] == []
    assert set(ALL) >= set(PUBLIC)
    nobodys = {a.permission for a in GUARDED if a.permission and not roles_with(a.permission)}
    # Django's admin has addresses for what nobody may: engine rows are neither added nor deleted there.
    assert {code.split(".")[1].split("_")[0] for code in nobodys} <= {"add", "change", "delete"}


@pytest.mark.parametrize(
    ("role", "headers"),
    [*((role, {}) for role in (*ROLES, "")), ("Viewer", FRAGMENT), ("", FRAGMENT)],
    ids=[*ROLES, "stranger", "Viewer-fragment", "stranger-fragment"],
)
def test_every_address_opens_exactly_for_its_roles(
    client: Client, world: World, role: str, headers: dict[str, str]
) -> None:
    found = statuses(enter(client, world.people[role]), world, headers)
    opened = {path: status for path, status in found.items() if status not in {401, 403}}
    assert {path for path, status in found.items() if status >= 500} == set()
    may = {address.path for address in GUARDED if expected(address, role)}
    assert opened.keys() == may & found.keys()


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_a_visitor_gets_nothing(client: Client, world: World, headers: dict[str, str]) -> None:
    for address in GUARDED:
        answer = client.get(world.address(address), headers=headers)
        if answer.status_code == 302:
            assert answer.headers["Location"].partition("?")[0].rstrip("/") in {"/login", "/admin/login"}
        else:
            assert answer.status_code in {401, 405}, address.path
        assert world.keys["runs"] not in answer.content.decode()


def test_who_was_switched_off_gets_nothing(client: Client, world: World) -> None:
    person = world.people["Admin"]
    enter(client, person)
    person.is_active = False
    person.save()
    found = statuses(client, world, {})
    assert set(found.values()) <= {302, 401}


@pytest.mark.parametrize("role", [*ROLES, ""], ids=[*ROLES, "stranger"])
def test_no_other_method_opens_an_address_to_a_role_that_may_not(
    client: Client, world: World, role: str
) -> None:
    enter(client, world.people[role])
    for address in GUARDED:
        if expected(address, role):
            continue
        for method in UNSAFE:
            answer = getattr(client, method)(world.address(address), {}, content_type="application/json")
            assert answer.status_code in REFUSALS, (method, address.path)


def test_a_role_without_the_verb_is_refused_where_the_verb_counts_too(client: Client, world: World) -> None:
    enter(client, world.people["Viewer"])
    page = {"verb": "runs.cancel", "reason": "why", "ids": world.keys["runs"], "confirm": "1", "pace": "calm"}
    api: dict[str, Any] = {"confirm": {"reason": "why"}, "pace": {"duty": 25}}
    for address in GUARDED:
        if address.by_verb and address.path.startswith("api/"):
            body = api.get(address.path.rpartition("/")[2], {})
            answer = client.post(world.address(address), body, content_type="application/json")
            assert answer.status_code == 403, address.path
        elif address.by_verb:
            assert client.post(world.address(address), page).status_code == 403, address.path


def test_payloads_are_for_those_who_may_see_them(client: Client, world: World) -> None:
    for role, status in {"Viewer": 403, "Operator": 200}.items():
        enter(client, world.people[role])
        for name in ("input", "event", "step-output"):
            found = client.get(f"/runs/{world.keys['runs']}/values/{name}?step=charge").status_code
            assert found in ({403} if status == 403 else {200, 404}), name


def state() -> dict[str, str]:
    """Table → digest of its rows."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in NOT_STATE:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
                rows = sorted(map(repr, cursor.fetchall()))
                found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def test_reading_changes_nothing(client: Client, world: World) -> None:
    enter(client, world.people["Admin"])
    before = state()
    for address in ALL.values():
        for query in (
            "",
            "?confirm=1&reason=why&action=delete_selected&_selected_action=1&ids=1&state=failed",
        ):
            client.get(world.address(address) + query)
            client.head(world.address(address) + query)
    assert state() == before


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
@pytest.mark.parametrize("role", [*ROLES, "", "nobody"], ids=[*ROLES, "stranger", "inactive"])
def test_every_verb_refuses_who_may_not_and_says_so_in_the_log(
    world: World, operation: Any, role: str
) -> None:
    person = world.people.get(role, world.people["Admin"])
    person.is_active = role != "nobody"
    run = make_run(status="failed")
    last = AuditEntry.objects.latest("pk").pk
    actor = Actor(user=person, door="page")
    if role in roles_with(operation.permission):
        operation([run.pk], actor=actor, reason="why")
        outcome = "performed"
    else:
        with pytest.raises(PermissionDenied):
            operation([run.pk], actor=actor, reason="why")
        outcome = "refused"
    entry = AuditEntry.objects.get(pk__gt=last)
    assert (entry.outcome, entry.verb, entry.actor) == (outcome, operation.name, person.username)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
@pytest.mark.parametrize("role", [*ROLES, ""], ids=[*ROLES, "stranger"])
def test_the_command_asks_like_every_other_door(world: World, operation: Any, role: str) -> None:
    run = make_run(status="failed")
    code = command(operation.name, run.pk, world.people[role].username)
    assert (code == 2) == (role not in roles_with(operation.permission))


def command(verb: str, pk: str, actor: str) -> int:
    """Exit code of `manage.py operate`."""
    try:
        call_command("operate", verb, pk, actor=actor, reason="why", stdout=StringIO(), stderr=StringIO())
    except CommandError as error:
        return error.returncode
    except SystemExit as left:
        return int(str(left.code))
    return 0
