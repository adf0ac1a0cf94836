"""The frame: upstream blocks, navigation by permission, doors, errors, what leaves no trace in a cache."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django.contrib.admin
import pytest
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from console.context import Shell
from ops.access.guards import page
from ops.access.models import User
from tests.conftest import person

OURS = Path(__file__).parents[2] / "templates/admin/base.html"
DJANGO = Path(django.contrib.admin.__file__).parent / "templates/admin/base.html"
BLOCK = re.compile(r"{% block ([\w-]+)")
# We write left to right only, and the navigation is ours.
NOT_TAKEN = {"stylesheet_rtl"}


@pytest.fixture
def signed_in(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def navigation(response: Any) -> set[str]:
    side = text_of(response).partition('<aside class="side"')[2].partition("</aside>")[0]
    return set(re.findall(r'<li><a href="([^"]+)"', side))


def test_every_block_of_django_s_base_template_is_there() -> None:
    theirs, ours = (set(BLOCK.findall(path.read_text())) for path in (DJANGO, OURS))
    assert theirs - ours == NOT_TAKEN


@pytest.mark.parametrize("address", ["/overview", "/runs", "/password", "/admin/", "/admin/ops/user/"])
def test_a_visitor_is_sent_to_sign_in_and_back(client: Client, db: None, address: str) -> None:
    shown = client.get(address, follow=True).redirect_chain[-1][0]
    assert shown == "/login?" + urlencode({"next": address})


def test_the_bare_address_leads_to_the_overview(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/overview"


def test_htmx_is_told_to_go_to_sign_in_as_a_whole_page(client: Client, db: None) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/runs?state=failed"}
    response = client.get("/runs", headers=asked)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/login?next=%2Fruns%3Fstate%3Dfailed"


def test_somebody_who_is_not_staff_gets_nothing(client: Client, viewer: User) -> None:
    viewer.is_staff = False
    viewer.save()
    client.force_login(viewer)
    assert client.get("/runs").headers["Location"].startswith("/login")


def test_a_page_is_never_kept_by_a_cache(signed_in: Client) -> None:
    assert "no-store" in signed_in.get("/password").headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/runs", "/admin/ops/user/", "/nothing"])
def test_policy_and_frame_headers_are_on_every_page(signed_in: Client, address: str) -> None:
    headers = signed_in.get(address).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_no_template_writes_script_or_style_into_the_page() -> None:
    for template in OURS.parents[1].rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|hx-on", text), template


def test_a_refusal_says_which_permission_and_which_roles(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    response = client.get("/runs")
    assert response.status_code == 403
    text = re.sub(r"<[^>]+>|\s+", " ", text_of(response))
    assert "needs the permission runs.view_run" in re.sub(r" +", " ", text)
    assert "Viewer, Operator, Admin" in text


@pytest.mark.parametrize(
    ("address", "permission"),
    [
        ("/admin/ops/user/", "ops.view_user"),
        ("/admin/ops/user/add/", "ops.add_user"),
        ("/admin/auth/group/1/delete/", "auth.delete_group"),
    ],
)
def test_a_refusal_of_django_s_admin_says_it_too(signed_in: Client, address: str, permission: str) -> None:
    response = signed_in.get(address)
    assert response.status_code == 403
    assert f"<code>{permission}</code>" in text_of(response)
    assert "The role <b>Admin</b> has it" in text_of(response)


def test_a_refused_fragment_is_a_fragment(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    response = client.get("/runs", headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert "<html" not in text_of(response)
    assert "runs.view_run" in text_of(response)


def test_an_unknown_address_says_so_for_people_and_visitors(client: Client, operator: User) -> None:
    assert client.get("/nothing<b>").status_code == 404
    client.force_login(operator)
    response = client.get("/nothing<b>")
    assert response.status_code == 404
    assert "/nothing&lt;b&gt;" in text_of(response)


def test_the_navigation_shows_what_the_person_may_open(client: Client, viewer: User, admin: User) -> None:
    client.force_login(viewer)
    shown = navigation(client.get("/password"))
    assert {"/overview", "/runs"} <= shown
    assert not shown & {"/admin/ops/user/", "/audit"}
    client.force_login(admin)
    assert navigation(client.get("/password")) >= {"/overview", "/runs", "/audit", "/admin/ops/user/"}


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Admin", "No role"])
def test_every_entry_of_the_navigation_opens(client: Client, db: None, role: str) -> None:
    client.force_login(person("petra", role))
    for address in navigation(client.get("/password")):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("path", "entry"), [("/runs", "/runs"), ("/ops/jobs", "/ops/jobs"), ("/ops/replays", "/ops/jobs")]
)
def test_the_navigation_marks_where_one_is(signed_in: Client, path: str, entry: str) -> None:
    side = text_of(signed_in.get(path)).partition('<aside class="side"')[2]
    assert re.findall(r'href="([^"]+)" aria-current="page"', side.partition("</aside>")[0]) == [entry]


def index(response: Any) -> dict[str, str]:
    """Page → what the person may do there."""
    return dict(re.findall(r'row-link" href="([^"]+)">[^<]+</a></td>\s*<td>([^<]+)</td>', text_of(response)))


def test_the_index_lists_everything_that_a_person_may_see_or_do(
    client: Client, viewer: User, admin: User
) -> None:
    client.force_login(viewer)
    assert index(client.get("/admin/")) == dict.fromkeys(navigation(client.get("/password")), "see")
    client.force_login(admin)
    shown = index(client.get("/admin/"))
    assert shown.keys() - navigation(client.get("/password")) == {"/admin/ops/apitoken/"}
    assert shown["/runs"] == "see, cancel, replay"
    assert shown["/admin/ops/user/"] == "see, add, change, delete"


def test_the_switcher_leads_to_the_same_page_of_the_sibling(signed_in: Client, settings: object) -> None:
    settings.SIBLINGS = {"staging": "https://staging.example.com/"}  # type: ignore[attr-defined]
    text = text_of(signed_in.get("/nothing?state=failed&q=a"))
    assert 'href="https://staging.example.com/nothing?state=failed&amp;q=a"' in text


@pytest.mark.parametrize(("name", "marked"), [("prod", True), ("Production", True), ("staging", False)])
def test_production_is_drawn_differently(settings: object, name: str, marked: bool) -> None:  # noqa: FBT001 - a case
    settings.ENVIRONMENT = name  # type: ignore[attr-defined]
    assert Shell(RequestFactory().get("/")).production is marked


@page("runs.view_run")
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


@page(None)
def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the database")


urlpatterns = [path("guarded", guarded), path("breaks", breaks), path("", include("console.urls"))]
handler500 = "console.errors.broken"


@pytest.mark.urls(__name__)
def test_a_page_asks_the_permission_at_each_call(client: Client, stranger: User) -> None:
    assert guarded.permission == "runs.view_run"
    client.force_login(stranger)
    client.raise_request_exception = False
    stranger.user_permissions.add(Permission.objects.get(codename="view_run"))
    assert client.get("/guarded").content == b"seen"
    stranger.user_permissions.clear()
    stranger.groups.set(Group.objects.none())
    assert client.get("/guarded").status_code == 403


@pytest.mark.urls(__name__)
def test_a_mistake_of_ours_gives_a_page_without_internals(client: Client, operator: User) -> None:
    client.force_login(operator)
    client.raise_request_exception = False
    response = client.get("/breaks")
    assert response.status_code == 500
    assert "secret" not in text_of(response)
    assert "Something went wrong in the console" in text_of(response)
    assert re.search(r"<code[^>]*>[0-9a-f-]{36}</code>", text_of(response))
