"""docs/api.md names what there is."""

from pathlib import Path

import pytest
from drf_spectacular.utils import OpenApiParameter

from tests.api.addresses import Address, addresses

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
OURS = [one for one in addresses() if not one.route.startswith("jobs")]


@pytest.mark.parametrize("address", OURS, ids=lambda address: address.route)
def test_every_parameter_is_named(address: Address) -> None:
    query = [one for one in address.view.parameters() if one.location == OpenApiParameter.QUERY]
    missing = [one.name for one in query if f"`{one.name}`" not in TEXT]
    assert not [name for name in missing if name != "cursor"]


@pytest.mark.parametrize(
    "address", [one for one in OURS if one.method == "GET"], ids=lambda address: address.route
)
def test_every_address_is_named(address: Address) -> None:
    route = address.route.replace("<str:id>", "<id>").replace("<path:id>", "<id>")
    assert f"/api/{route}" in TEXT.replace("<number>", "<id>")
