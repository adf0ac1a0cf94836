"""Every function has an address that browsers and proxies leave alone."""

from urllib.parse import unquote, urljoin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.addresses import function_at, function_url
from tests.wild import NAMES


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("charge-card", "/functions/charge-card"),
        ("billing/charge card", "/functions/billing/charge%20card"),
        ("a?b=c#d%2Fe", "/functions/a%3Fb%3Dc%23d%252Fe"),
        ("日本", "/functions/%E6%97%A5%E6%9C%AC"),
        ("", "/functions/~"),
        (".", "/functions/~Lg"),
        ("..", "/functions/~Li4"),
        ("a/../b", "/functions/~YS8uLi9i"),
        ("/a", "/functions/~L2E"),
        ("a/", "/functions/~YS8"),
        ("a//b", "/functions/~YS8vYg"),
        ("~a", "/functions/~fmE"),
        ("a\nb", "/functions/~YQpi"),
        ("a\\b", "/functions/~YVxi"),
    ],
)
def test_an_id_is_readable_where_it_can_be(name: str, address: str) -> None:
    assert function_url(name) == address


@pytest.mark.parametrize("name", NAMES)
def test_ids_from_the_wild_come_back(name: str) -> None:
    assert came_back(name) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("..")
@example("a/./b")
@example("~")
def test_every_id_comes_back_from_its_address(name: str) -> None:
    assert came_back(name) == name


def came_back(name: str) -> str | None:
    """The id after a browser has resolved the address and a server has decoded it."""
    address = function_url(name)
    seen = unquote(urljoin("http://console", address).removeprefix("http://console"))
    assert seen.startswith("/functions/")
    return function_at(seen.removeprefix("/functions/"))


@pytest.mark.parametrize("place", ["~a", "~!!!", "~_w", "~7aCA", "~é"])
def test_what_no_function_could_have_written_is_nowhere(place: str) -> None:
    assert function_at(place) is None
