"""docs/api.md names what there is."""

from pathlib import Path

import pytest

from tests.api.addresses import Address, addresses

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("address", list(addresses()), ids=lambda address: address.route)
def test_every_parameter_is_named(address: Address) -> None:
    missing = [name for name in address.parameters if f"`{name}`" not in TEXT]
    assert not [name for name in missing if name != "cursor"]


@pytest.mark.parametrize(
    "address",
    [one for one in addresses() if one.method == "GET" or one.route.startswith("jobs")],
    ids=lambda address: address.route,
)
def test_every_address_is_named(address: Address) -> None:
    route = address.route.replace("<str:id>", "<id>").replace("<path:id>", "<id>")
    route = route.replace("<int:id>", "<id>")
    assert f"/api/{route}" in TEXT.replace("<number>", "<id>")
