"""Whatever is thrown at the portal, it never answers that it is at fault.

The edition of the suite is small and its seed fixed. `python -m tests.fuzz` throws 20,000.
"""

import logging
import os

import pytest
from django.urls import get_resolver

from ops.operations.matrix import patterns
from tests.fuzz import doors
from tests.fuzz.throwing import Arm, failures
from tests.meta.world import World
from tests.wild import make_wild_rows

COUNT = int(os.environ.get("FUZZ_REQUESTS", "500"))
SEED = int(os.environ.get("FUZZ_SEED", "8"))
SHOWN = 25


@pytest.fixture
def arm(transactional_db: None) -> Arm:
    world = World.made()
    make_wild_rows()
    return Arm(SEED, world)


def test_nothing_that_is_thrown_makes_a_5xx(arm: Arm) -> None:
    logging.getLogger("kombu").setLevel(logging.CRITICAL)
    found = list(failures(arm, COUNT))
    shown = "\n\n".join(found[:SHOWN])
    assert not found, f"{len(found)} of {COUNT} (FUZZ_SEED={SEED} FUZZ_REQUESTS={COUNT}):\n\n{shown}"


def test_every_address_of_the_portal_is_thrown_at() -> None:
    assert {door.path for door in doors.doors()} == {
        path for path, _ in patterns(get_resolver().url_patterns)
    }


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("runs", "back"),
        ("runs", "cursor"),
        ("runs", "has_error"),
        ("api/runs", "limit"),
        ("admin/ops/user/", "o"),
    ],
)
def test_parameters_are_found_in_the_code(path: str, parameter: str) -> None:
    [door] = [door for door in doors.doors() if door.path == path]
    assert parameter in door.parameters


def test_fields_and_headers_are_found_in_the_code() -> None:
    [bulk] = [door for door in doors.doors() if door.path == "api/runs/bulk-replay"]
    [confirm] = [door for door in doors.doors() if door.path == "ops/jobs/<int:pk>/confirm"]
    assert {"ids", "filter", "all", "dry_run", "reason"} <= bulk.fields.keys()
    assert {"reason", "number", "feed", "brake", "settings"} <= confirm.fields.keys()
    assert {"HX-Current-URL", "Referer", "Idempotency-Key", "X-FORWARDED-FOR"} <= set(doors.own_headers())
