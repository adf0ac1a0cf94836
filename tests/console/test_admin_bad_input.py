"""Bad addresses and forms in the admin: a clear refusal, never a 500 and never a wider list."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.tokens import actions
from ops.tokens.models import ApiToken

pytestmark = pytest.mark.django_db

USERS, GROUPS, TOKENS = LISTS = ("/admin/ops/user/", "/admin/auth/group/", "/admin/ops/apitoken/")
HUGE = "9" * 30


@pytest.fixture(params=["admin", "root"])
def browser(request: pytest.FixtureRequest, client: Client, admin: User) -> Client:
    """The admin's, and that of a superuser, of whom Django asks no permission."""
    user = admin if request.param == "admin" else User.objects.create_superuser("root", password="demo")
    client.force_login(user)
    return client


@pytest.fixture
def token(viewer: User) -> ApiToken:
    about: dict[str, Any] = {"actor": Actor(user=None, door="command"), "reason": "CI"}
    return actions.create(user=viewer, name="deploys", days=7, **about)[0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("digest__startswith=%00", "digest__startswith"),
        ("digest__startswith=a", "digest__startswith"),
        ("username=%00", "username"),
        ("username__regex=[", "username__regex"),
        ("name=%00", "name"),
        ("id__in=" + HUGE, "id__in"),
        ("user__password__startswith=a", "user__password__startswith"),
        ("created_at__year=0", "created_at__year"),
        ("p=abc", "p"),
        ("p=999", "p"),
        ("p=" + HUGE, "p"),
        ("o=abc", "o"),
        ("all=", "all"),
        ("nonsense=1", "nonsense"),
        ("_to_field=%00", "_to_field"),
    ],
)
def test_a_list_names_the_parameter_that_it_can_t_use(
    browser: Client, token: ApiToken, query: str, field: str
) -> None:
    for address in LISTS:
        answer = browser.get(f"{address}?{query}")
        assert answer.status_code == 400, address
        page = answer.content.decode()
        assert f"<b>{field}</b>" in page
        assert token.prefix not in page


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 200,
        "is_active__exact=maybe",
        "groups__id__exact=" + HUGE,
        "groups__id__exact=%00",
    ],
)
def test_a_filter_of_the_list_of_people_with_an_unusable_value_is_named(browser: Client, query: str) -> None:
    answer = browser.get(f"{USERS}?{query}")
    assert answer.status_code == 400
    assert f"<b>{query.partition('=')[0]}</b>" in answer.content.decode()


def test_the_filters_that_the_pages_offer_work(browser: Client, viewer: User, operator: User) -> None:
    group = Group.objects.get(name="Viewer")
    for query, shown, hidden in [
        (f"groups__id__exact={group.pk}", "vera", "olga"),
        ("q=olga", "olga", "vera"),
        ("is_active__exact=1&o=-1", "vera", "nobody"),
        ("groups__isnull=True", "0 users", "vera"),
    ]:
        answer = browser.get(f"{USERS}?{query}")
        assert answer.status_code == 200, query
        rows = answer.context["cl"].result_list
        assert hidden not in {user.username for user in rows}
        assert shown == "0 users" or shown in {user.username for user in rows}


@pytest.mark.parametrize("key", ["%00", "abc", "-1", HUGE, "_00"])
def test_what_isn_t_there_is_404(browser: Client, key: str) -> None:
    for address in LISTS:
        for page in ("change/", "delete/", "history/", "password/", ""):
            answer = browser.get(f"{address}{key}/{page}", follow=True)
            assert answer.status_code == 404, address + page


def test_addresses_of_the_admin_that_no_page_uses_are_gone(browser: Client, viewer: User) -> None:
    kind = ContentType.objects.get_for_model(User).pk
    for address in (
        f"/admin/r/{kind}/x/",
        f"/admin/r/{kind}/%00/",
        f"/admin/r/{kind}/{viewer.pk}/",
        "/admin/r/x/x/",
        "/admin/jsi18n/",
        "/admin/autocomplete/?app_label=auth&model_name=user&field_name=groups&term=%00",
    ):
        assert browser.get(address).status_code == 404, address


@pytest.mark.parametrize("value", ["\x00", "abc", HUGE, "-1", "\ufffd"])
def test_a_form_with_a_choice_that_is_none_is_shown_again(browser: Client, viewer: User, value: str) -> None:
    own = Group.objects.create(name="Own")
    names = ("username", "password1", "password2", "groups", "name", "permissions", "email", "first_name")
    data = dict.fromkeys(names, value)
    for address in (
        f"{USERS}add/",
        f"{GROUPS}add/",
        f"{USERS}{viewer.pk}/change/",
        f"{GROUPS}{own.pk}/change/",
    ):
        answer = browser.post(address, data)
        assert answer.status_code == 200, address
        assert "Nothing was saved" in answer.content.decode()
