"""A person's own look: it follows them to every device, and nobody else is told."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client, RequestFactory

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.display.timezones import zone_name, zone_of

CHOSEN = {"theme": "dark", "density": "compact", "time_zone": "Asia/Kolkata"}
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def kept(person: User) -> dict[str, str]:
    person.refresh_from_db()
    return {name: getattr(person, name) for name in CHOSEN}


def opening_tag(client: Client, path: str = "/password") -> str:
    found = re.search(r"<html\b[^>]*>", client.get(path).content.decode())
    assert found
    return " ".join(found[0].split())


def test_what_a_person_chose_is_on_every_device(olga: Client, operator: User) -> None:
    answer = olga.post("/preferences", CHOSEN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/preferences")
    assert kept(operator) == CHOSEN
    other = Client()
    other.force_login(operator)
    for client in (olga, other):
        tag = opening_tag(client)
        assert 'data-theme="dark" data-density="compact" data-zone="Asia/Kolkata"' in tag
    assert "data-" not in opening_tag(Client(), "/login")


def test_a_menu_changes_the_theme_alone_and_leads_back(olga: Client, operator: User) -> None:
    olga.post("/preferences", CHOSEN)
    answer = olga.post("/preferences", {"theme": "light", "next": "/runs?state=failed"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/runs?state=failed")
    assert kept(operator) == CHOSEN | {"theme": "light"}
    assert olga.post("/preferences", {"theme": "auto"}, headers={"HX-Request": "true"}).status_code == 204
    assert kept(operator)["theme"] == "auto"


@pytest.mark.parametrize(
    "back", ["https://example.com/", "//example.com", "javascript:alert(1)", "\\\\example.com"]
)
def test_it_leads_to_no_other_site(olga: Client, operator: User, back: str) -> None:
    assert olga.post("/preferences", {"theme": "dark", "next": back}).headers["Location"] == "/preferences"


@pytest.mark.parametrize(
    ("field", "value"),
    [("theme", "pink"), ("theme", ""), ("density", "x" * 500), ("time_zone", "Mars/Olympus")],
)
def test_a_value_that_there_is_not_is_refused_at_its_field(
    olga: Client, operator: User, field: str, value: str
) -> None:
    before = kept(operator)
    answer = olga.post("/preferences", CHOSEN | {field: value})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Nothing was saved" in page
    assert page.count("field-error") == 1
    assert kept(operator) == before


def test_looking_changes_nothing(olga: Client, operator: User) -> None:
    assert olga.get("/preferences", CHOSEN).status_code == 200
    assert kept(operator) == {"theme": "auto", "density": "comfortable", "time_zone": ""}


def test_a_password_that_is_changed_meanwhile_stays_changed(olga: Client, operator: User) -> None:
    olga.get("/preferences")
    operator.set_password("another long password")
    operator.save()
    olga.force_login(operator)
    olga.post("/preferences", CHOSEN)
    operator.refresh_from_db()
    assert operator.check_password("another long password")


def test_nobody_else_is_told(olga: Client, operator: User, admin: User) -> None:
    entries = AuditEntry.objects.count()
    olga.post("/preferences", CHOSEN)
    assert AuditEntry.objects.count() == entries
    olga.force_login(admin)
    for path in ("/admin/ops/user/", f"/admin/ops/user/{operator.pk}/change/"):
        assert "Asia/Kolkata" not in olga.get(path).content.decode()
    forged = {"username": "olga", "is_active": "on", "is_staff": "on", "theme": "light", "time_zone": ""}
    assert olga.post(f"/admin/ops/user/{operator.pk}/change/", forged).status_code == 303
    assert kept(operator) == CHOSEN


@pytest.mark.parametrize(
    ("own", "cookie", "name"),
    [
        ("Asia/Kolkata", "Europe/Berlin", "IST"),
        ("", "Europe/Berlin", "CEST"),
        ("Gone/Zone", "Europe/Berlin", "CEST"),
        ("", "", "UTC"),
    ],
)
def test_a_zone_of_one_s_own_comes_before_the_browser_s(
    rf: RequestFactory, own: str, cookie: str, name: str
) -> None:
    request: Any = rf.get("/")
    request.user, request.COOKIES["zone"] = User(time_zone=own), cookie
    assert zone_name(zone_of(request), NOON) == name


def test_every_zone_that_is_offered_can_be_kept(olga: Client, operator: User) -> None:
    page = olga.get("/preferences").content.decode()
    offered = re.findall(r'<option value="([^"]*)"', page)
    assert {"", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= set(offered)
    assert max(map(len, offered)) <= 64
