"""Django's admin addresses of runs lead to their own pages."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_run

pytestmark = pytest.mark.django_db


def test_the_admins_addresses_lead_to_the_pages(client: Client, viewer: Any) -> None:
    run = make_run()
    client.force_login(viewer)
    assert client.get("/admin/runs/run/")["Location"] == "/runs"
    assert client.get(f"/admin/runs/run/{run.pk}/change/")["Location"] == run.get_absolute_url()


@pytest.mark.parametrize("end", ["", "add/", "x/change/", "x/delete/"])
def test_not_even_a_superuser_changes_a_run_there(admin_client: Client, end: str) -> None:
    run = make_run()
    address = f"/admin/runs/run/{end.replace('x', run.pk)}"
    response = admin_client.post(address, {"action": "delete_selected", "_selected_action": run.pk})
    assert response.status_code in {302, 403}
    run.refresh_from_db()
