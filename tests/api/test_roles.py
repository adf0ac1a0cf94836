"""Who may call what: each address for a visitor, a stranger, the three roles, by session and by token."""

from collections.abc import Callable
from typing import Any

import pytest

from ops.access.models import User
from ops.access.roles import permission_roles, roles_with
from ops.audit.models import AuditEntry
from tests.api.addresses import Address, addresses, asking
from tests.api.conftest import Caller, make_token, signed_in, with_token, yesterday
from tests.factories import make_function, make_run

pytestmark = pytest.mark.django_db

ALL, GET = list(addresses()), asking("GET")
VERBS = [address for address in asking("POST") if address.is_verb]
PEOPLE = {"stranger": [], "viewer": ["Viewer"], "operator": ["Operator"], "admin": ["Admin"]}


def name_of(address: Address) -> str:
    return f"{address.method} {address.route}"


@pytest.fixture
def person(request: pytest.FixtureRequest) -> User:
    found: User = request.getfixturevalue(request.param)
    return found


def ids() -> dict[str, Any]:
    """A thing of each kind."""
    make_function()
    run = make_run()
    return {"runs": run.pk, "events": run.event_id, "functions": "charge-card"}


def call(caller: Caller, address: Address, ids: dict[str, Any]) -> Any:
    """As one would call it, with nothing that could be done."""
    target = address.filled(**ids)
    if address.method == "GET":
        return caller.client.get(target)
    body = {"reason": "test"} | ({} if "<" in address.route else {"ids": ["none"]})
    caller.post(target, body)
    return caller.answer


def test_the_promised_addresses_are_there() -> None:
    routes = {f"{address.method} /api/{address.route}" for address in ALL}
    assert routes >= {
        "GET /api/runs",
        "GET /api/runs/stats",
        "GET /api/runs/<str:id>",
        "GET /api/runs/<str:id>/steps",
        "POST /api/runs/<str:id>/cancel",
        "POST /api/runs/cancel",
        "GET /api/events",
        "GET /api/events/<str:id>",
        "GET /api/events/<str:id>/runs",
        "GET /api/functions",
        "GET /api/functions/<path:id>",
        "GET /api/audit",
        "GET /api/audit/<str:id>",
        "GET /api/health",
        "GET /api/schema/",
    }


def test_every_address_asks_a_permission_that_a_role_has() -> None:
    assert {address.permission for address in ALL} - {None} <= permission_roles().keys()


def test_a_visitor_gets_nothing(visitor: Caller) -> None:
    real = ids()
    assert {name_of(one): call(visitor, one, real).status_code for one in ALL} == {
        name_of(one): 401 for one in ALL
    }


@pytest.mark.parametrize(
    "way_in", [signed_in, lambda user: with_token(make_token(user))], ids=["session", "token"]
)
@pytest.mark.parametrize("person", PEOPLE, indirect=True)
def test_each_role_may_what_the_matrix_says(person: User, way_in: Callable[[User], Caller]) -> None:
    roles = set(person.groups.values_list("name", flat=True))
    caller, real = way_in(person), ids() | {"audit": 1}
    for address in ALL:
        answer = call(caller, address, real)
        may = address.permission is None or bool(roles & set(roles_with(address.permission)))
        assert (answer.status_code == 403) is not may, (name_of(address), answer.content[:300])
        assert answer.status_code < 500, name_of(address)


def test_every_refused_verb_is_audited(stranger: User) -> None:
    caller, real = signed_in(stranger), ids()
    for number, address in enumerate(VERBS, start=1):
        call(caller, address, real)
        refused = AuditEntry.objects.filter(actor="sten", outcome="refused")
        assert refused.count() == number, name_of(address)


def test_reading_writes_nothing(admin: User) -> None:
    caller, real = signed_in(admin), ids() | {"audit": 1}
    before = AuditEntry.objects.count()
    for address in GET:
        call(caller, address, real)
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        ({"expires_at": "yesterday"}, "expired"),
        ({"revoked_at": "yesterday"}, "revoked"),
        ({"digest": "0" * 64}, "unknown"),
    ],
)
def test_a_token_that_has_ended_opens_nothing(viewer: User, spoil: dict[str, str], word: str) -> None:
    columns: dict[str, Any] = {
        name: yesterday() if value == "yesterday" else value for name, value in spoil.items()
    }
    caller = with_token(make_token(viewer, **columns))
    body = caller.get("/api/runs")
    assert caller.status == 401
    assert word in body["error"]["message"]


def test_a_token_of_somebody_who_left_opens_nothing(viewer: User) -> None:
    caller = with_token(make_token(viewer))
    caller.get("/api/runs")
    assert caller.status == 200
    User.objects.update(is_active=False)
    caller.get("/api/runs")
    assert caller.status == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "bearer x y", "Bearer \xe9", "Basic dmVyYTpkZW1v", "Token x"]
)
def test_any_other_header_opens_nothing(visitor: Caller, header: str) -> None:
    visitor.get("/api/runs", Authorization=header)
    assert visitor.status == 401


def test_a_session_of_somebody_who_is_no_staff_opens_nothing(viewer: User) -> None:
    caller = signed_in(viewer)
    User.objects.update(is_staff=False)
    caller.get("/api/runs")
    assert caller.status == 401


def test_a_service_account_needs_no_password_for_its_token(viewer: User) -> None:
    caller = with_token(make_token(viewer))
    viewer.set_unusable_password()
    viewer.save()
    caller.get("/api/runs")
    assert caller.status == 200
