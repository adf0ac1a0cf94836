"""Users and groups: audited, and no way to more than one has."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.http import HttpResponse
from django.test import Client

from ops.access.models import User
from ops.access.roles import grants
from ops.audit.models import AuditEntry, AuditHead
from tests.conftest import person

NEW = "correct horse battery"


@pytest.fixture
def adams(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("root", password="demo")


def group(name: str) -> Group:
    return Group.objects.get(name=name)


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    """What the browser would send for this person."""
    data = {"username": user.username, "is_active": "on", "is_staff": "on"}
    data["groups"] = [one.pk for one in user.groups.all()]  # type: ignore[assignment]
    return {name: value for name, value in (data | changes).items() if value is not None}


def save(client: Client, user: User, **changes: Any) -> HttpResponse:
    return client.post(f"/admin/ops/user/{user.pk}/change/", form_of(user, **changes))  # type: ignore[return-value]


def names_of(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def test_an_admin_adds_somebody_who_can_work_at_once(adams: Client) -> None:
    data = {"username": "petra", "password1": NEW, "password2": NEW, "groups": [group("Operator").pk]}
    assert adams.post("/admin/ops/user/add/", data).status_code == 303
    petra = User.objects.get(username="petra")
    assert (petra.is_staff, petra.is_superuser, names_of(petra)) == (True, False, {"Operator"})
    entry = AuditEntry.objects.get(verb="users.add")
    assert (entry.actor, entry.parameters_value) == ("adam", {"user": "petra"})
    assert NEW not in entry.parameters + entry.items.get().after


def test_a_change_keeps_before_and_after(adams: Client, viewer: User) -> None:
    assert save(adams, viewer, groups=[group("Operator").pk], is_active=None).status_code == 303
    viewer.refresh_from_db()
    assert (viewer.is_active, names_of(viewer)) == (False, {"Operator"})
    item = AuditEntry.objects.get(verb="users.change").items.get()
    assert item.target == "user vera"
    assert item.before == '{"groups":["Viewer"],"is_active":true}'
    assert item.after == '{"groups":["Operator"],"is_active":false}'


def test_a_password_set_for_somebody_is_an_entry_without_it(adams: Client, viewer: User) -> None:
    data = {"password1": NEW, "password2": NEW, "set-password": "1"}
    assert adams.post(f"/admin/ops/user/{viewer.pk}/password/", data).status_code == 303
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)
    entry = AuditEntry.objects.get(verb="users.set_password")
    assert NEW not in repr(entry.__dict__)
    assert (entry.items.get().before, entry.items.get().after) == ("", "")


def test_a_password_that_can_t_be_audited_is_not_set(adams: Client, viewer: User) -> None:
    AuditHead.objects.all().delete()
    adams.raise_request_exception = False
    data = {"password1": NEW, "password2": NEW, "set-password": "1"}
    assert adams.post(f"/admin/ops/user/{viewer.pk}/password/", data).status_code == 500
    viewer.refresh_from_db()
    assert viewer.check_password("demo")


def test_somebody_deleted_stays_in_the_log(adams: Client, viewer: User) -> None:
    assert adams.post(f"/admin/ops/user/{viewer.pk}/delete/", {"post": "yes"}).status_code == 303
    assert not User.objects.filter(username="vera").exists()
    assert '"username":"vera"' in AuditEntry.objects.get(verb="users.delete").items.get().before


def test_nobody_is_made_a_superuser_by_an_admin(adams: Client, viewer: User) -> None:
    save(adams, viewer, is_superuser="on")
    viewer.refresh_from_db()
    assert not viewer.is_superuser


def test_nobody_is_given_permissions_by_a_forged_field(adams: Client, viewer: User) -> None:
    save(adams, viewer, user_permissions=list(Permission.objects.values_list("pk", flat=True)))
    assert not viewer.user_permissions.exists()


def test_a_group_with_more_than_one_has_can_t_be_handed_out(adams: Client, viewer: User) -> None:
    above = Group.objects.create(name="Above")
    above.permissions.set(Permission.objects.filter(codename="add_session"))
    response = save(adams, viewer, groups=[above.pk])
    assert response.status_code == 200
    assert "Nothing was saved" in response.content.decode()
    assert names_of(viewer) == {"Viewer"}


def test_who_may_more_can_t_be_changed_deleted_or_given_a_password(adams: Client, superuser: User) -> None:
    strong = person("siri", "Viewer")
    strong.user_permissions.set(Permission.objects.filter(codename="add_session"))
    for target in (superuser, strong):
        address = f"/admin/ops/user/{target.pk}"
        passwords = {"password1": NEW, "password2": NEW}
        assert adams.get(f"{address}/change/").status_code == 200
        assert save(adams, target).status_code == 403
        assert adams.post(f"{address}/password/", passwords).status_code == 403
        assert adams.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
        target.refresh_from_db()
        assert not target.check_password(NEW)


def test_who_may_more_stays_above_while_inactive(adams: Client) -> None:
    strong = person("siri", "Viewer")
    strong.user_permissions.set(Permission.objects.filter(codename="add_session"))
    strong.is_active = False
    strong.save()
    assert save(adams, strong).status_code == 403


def test_nobody_changes_their_own_access(adams: Client, admin: User) -> None:
    assert save(adams, admin, groups=[], is_staff=None, is_superuser="on", first_name="Ada").status_code in {
        303,
    }
    admin.refresh_from_db()
    assert (admin.first_name, admin.is_staff, admin.is_superuser) == ("Ada", True, False)
    assert names_of(admin) == {"Admin"}
    assert adams.post(f"/admin/ops/user/{admin.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_group_holds_at_most_what_its_maker_has(adams: Client) -> None:
    theirs = Permission.objects.get(codename="cancel_run")
    above = Permission.objects.get(codename="add_session")
    refused = adams.post("/admin/auth/group/add/", {"name": "Above", "permissions": [theirs.pk, above.pk]})
    assert refused.status_code == 200
    assert not Group.objects.filter(name="Above").exists()
    assert (
        adams.post("/admin/auth/group/add/", {"name": "Cancelling", "permissions": [theirs.pk]}).status_code
        == 303
    )
    entry = AuditEntry.objects.get(verb="groups.add")
    assert '"permissions":["runs.cancel_run"]' in entry.items.get().after


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Admin"])
def test_the_roles_themselves_are_not_changed_by_hand(client: Client, superuser: User, role: str) -> None:
    client.force_login(superuser)
    address = f"/admin/auth/group/{group(role).pk}"
    assert client.get(f"{address}/change/").status_code == 200
    assert client.post(f"{address}/change/", {"name": "Other"}).status_code == 403
    assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403


def test_a_group_above_one_s_own_is_not_changed(adams: Client) -> None:
    above = Group.objects.create(name="Above")
    above.permissions.set(Permission.objects.filter(codename="add_session"))
    assert adams.post(f"/admin/auth/group/{above.pk}/change/", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("role", ["Viewer", "Operator", ""])
@pytest.mark.parametrize(
    "address", ["ops/user/", "ops/user/add/", "auth/group/", "auth/group/add/", "ops/user/1/change/"]
)
def test_only_admins_see_people_and_groups(client: Client, db: None, role: str, address: str) -> None:
    client.force_login(person("petra", role))
    assert client.get(f"/admin/{address}").status_code in {403, 302}
    index = client.get("/admin/").content.decode()
    assert "/admin/auth/" not in index
    assert "/admin/ops/user/" not in index


def test_a_forged_action_finds_none(adams: Client, viewer: User) -> None:
    data = {"action": "delete_selected", "_selected_action": [viewer.pk], "select_across": "1", "post": "yes"}
    adams.post("/admin/ops/user/", data)
    assert User.objects.filter(pk=viewer.pk).exists()


def test_the_list_costs_the_same_for_one_and_many(adams: Client, django_assert_max_num_queries: Any) -> None:
    for i in range(30):
        person(f"person-{i}", "Viewer")
    adams.get("/admin/ops/user/")  # reads again who may what
    with django_assert_max_num_queries(7):
        assert adams.get("/admin/ops/user/").status_code == 200


@pytest.mark.parametrize("address", ["/admin/login/?next=/runs", "/admin/logout/", "/admin/password_change/"])
def test_django_s_own_doors_lead_to_ours(client: Client, db: None, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 405 or response.headers["Location"] in {"/login?next=/runs", "/password"}


def test_roles_are_called_roles_and_say_what_they_allow(adams: Client, viewer: User) -> None:
    page = adams.get("/admin/auth/group/").content.decode()
    assert "<h1>Roles</h1>" in page
    assert "See runs, steps and errors" in page
    assert "All that Viewer may" in page
    assert not re.search(r"\bgroups?\b", re.sub(r"<[^>]*>", " ", page), re.IGNORECASE)
    detail = adams.get(f"/admin/auth/group/{group('Operator').pk}/change/").content.decode()
    assert "Cancel runs" in detail
    assert "manage.py prepare" in detail
    own = Group.objects.create(name="Night shift")
    form = adams.get(f"/admin/auth/group/{own.pk}/change/").content.decode()
    assert "Cancel runs (runs.cancel_run)" in form
    chosen = adams.get(f"/admin/ops/user/{viewer.pk}/change/").content.decode()
    assert "Operator: all that Viewer may, " in chosen
    assert "<legend>Roles</legend>" in chosen


def test_every_permission_is_told_in_words() -> None:
    assert [code for code, grant in grants().items() if not grant.words] == []


def test_what_was_done_is_said_in_the_console_s_own_words(adams: Client, viewer: User) -> None:
    said = []
    passwords = {"password1": NEW, "password2": NEW}
    for address, data in (
        ("/admin/ops/user/add/", {"username": "petra", **passwords}),
        (f"/admin/ops/user/{viewer.pk}/change/", form_of(viewer, first_name="Vera")),
        (f"/admin/ops/user/{viewer.pk}/password/", passwords),
        (f"/admin/ops/user/{viewer.pk}/delete/", {"post": "yes"}),
        ("/admin/auth/group/add/", {"name": "Night shift"}),
    ):
        answer = adams.post(address, data, follow=True)
        assert answer.redirect_chain[0][1] == 303
        said += [str(message) for message in answer.context["messages"]]
    assert said == [
        "The user “petra” is added.",
        "The user “vera” is saved.",
        "vera has a new password and is signed out everywhere.",
        "The user “vera” is deleted.",
        "The role “Night shift” is added.",
    ]


def test_the_list_of_roles_takes_as_many_queries_for_one_as_for_twenty(
    adams: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        Group.objects.create(name=f"Role {number}").permissions.set(Permission.objects.all()[:5])
    adams.get("/admin/auth/group/")  # reads again who may what
    with django_assert_max_num_queries(7):
        adams.get("/admin/auth/group/")
