"""The admin's own addresses of engine rows lead to the pages that the product promises."""

from urllib.parse import unquote

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from functions.addresses import function_url
from ops.access.models import User
from tests.factories import make_event, make_function
from tests.wild import NAMES


def test_lists_and_rows_lead_to_their_pages(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    event = make_event()
    addresses = {
        "/admin/events/event/": "/events",
        f"/admin/events/event/{event.pk}/change/": event.get_absolute_url(),
        f"/admin/events/event/{event.pk}/history/": f"{event.get_absolute_url()}/history",
        "/admin/events/event/?name=a": "/events?name=a",
        "/admin/functions/function/": "/functions",
    }
    for address, target in addresses.items():
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (301, target)


@pytest.mark.parametrize("name", NAMES)
def test_functions_with_any_id_lead_to_their_page(client: Client, viewer: User, name: str) -> None:
    client.force_login(viewer)
    make_function(name)
    response = client.get(f"/admin/functions/function/{quote(name)}/change/")
    assert (response.status_code, unquote(response["Location"])) == (301, unquote(function_url(name)))


def test_not_even_a_superuser_adds_or_deletes(client: Client, db: None) -> None:
    client.force_login(User.objects.create_superuser("root"))
    event = make_event()
    assert client.get("/admin/events/event/add/").status_code == 404
    assert client.post("/admin/events/event/add/", {}).status_code == 404
    assert client.post(f"/admin/events/event/{event.pk}/delete/", {"post": "yes"}).status_code == 404
    event.refresh_from_db()


def test_strangers_are_led_nowhere(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    for address in ("/admin/events/event/", "/admin/functions/function/x/change/"):
        assert client.get(address).status_code == 403
