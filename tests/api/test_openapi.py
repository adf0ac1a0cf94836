"""The OpenAPI file: complete, without warnings, and what it says of every answer is true."""

import re
from io import StringIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.access.models import User
from tests.api.addresses import addresses, asking
from tests.api.conftest import Caller, signed_in
from tests.wild import make_wild_rows

pytestmark = pytest.mark.django_db

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture
def as_admin(admin: User) -> Caller:
    return signed_in(admin)


@pytest.fixture
def file(as_admin: Caller) -> dict[str, Any]:
    answer = as_admin.client.get("/api/schema/?format=json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def faults(value: Any, schema: dict[str, Any], file: dict[str, Any], where: str = "") -> list[str]:
    """Where the value isn't what the schema says."""
    if "$ref" in schema:
        schema = file["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if value is None:
        is_anything = not schema.keys() & {"type", "allOf", "oneOf"}  # OpenAPI 3.0.3, nullable
        return [] if schema.get("nullable") or is_anything else [f"{where} is null"]
    if "allOf" in schema:
        return [fault for part in schema["allOf"] for fault in faults(value, part, file, where)]
    if "oneOf" in schema:
        tried = [faults(value, part, file, where) for part in schema["oneOf"]]
        return [] if [] in tried else tried[0]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))):
        return [f"{where} is no {kind}: {value!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of {schema['enum']}: {value!r}"]
    if schema.get("format") == "date-time" and not RFC_3339.fullmatch(value):
        return [f"{where} is no RFC 3339 time: {value}"]
    if kind == "array":
        return [fault for one in value for fault in faults(one, schema["items"], file, f"{where}[]")]
    return faults_of_object(value, schema, file, where) if kind == "object" else []


def faults_of_object(value: Any, schema: dict[str, Any], file: dict[str, Any], where: str) -> list[str]:
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    found = [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, one in value.items():
        if name in known:
            found += faults(one, known[name], file, f"{where}.{name}")
        elif rest is None:
            found.append(f"{where}.{name} is not in the file")
        elif isinstance(rest, dict):
            found += faults(one, rest, file, f"{where}.{name}")
    return found


def schema_of(file: dict[str, Any], path: str, method: str, status: int) -> dict[str, Any]:
    answers = file["paths"][path][method]["responses"]
    found: dict[str, Any] = answers[str(status)]["content"]["application/json"]["schema"]
    return found


def path_of(route: str) -> str:
    """`/api/runs/{id}` for `runs/<str:id>`."""
    return "/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)


def test_the_file_is_made_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_the_file_names_every_address_and_method(file: dict[str, Any]) -> None:
    told = {(path, method) for path, methods in file["paths"].items() for method in methods}
    real = {(path_of(one.route), one.method.lower()) for one in addresses()} - {
        ("/api/schema/", "get"),
        ("/api/", "get"),
    }
    assert told >= real
    assert {path for path, _ in told} == {path for path, _ in real}


def test_every_operation_has_an_id_of_its_own_a_sentence_and_asks_for_sign_in(file: dict[str, Any]) -> None:
    operations = [one for methods in file["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    for one in operations:
        assert one["description"].strip(), one["operationId"]
        assert {"token": []} in one["security"]
        assert {} not in one["security"]
        assert {"400", "401", "403", "429", "503"} <= one["responses"].keys()


def test_the_filters_of_a_list_are_in_the_file(file: dict[str, Any]) -> None:
    told = {one["name"]: one["schema"] for one in file["paths"]["/api/runs"]["get"]["parameters"]}
    assert told.keys() >= {"state", "status", "function_id", "event_id", "created_from", "cursor", "limit"}
    assert set(told["state"]["items"]["enum"]) >= {"held", "stuck", "failed"}
    assert told["limit"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}


def test_every_answer_is_what_the_file_says(as_admin: Caller, file: dict[str, Any]) -> None:
    wild = make_wild_rows()
    things = {
        "runs": [quote(run.pk, safe="") for run in wild.runs],
        "events": [quote(event.pk, safe="") for event in wild.events],
        "functions": [
            row["links"]["self"].removeprefix("/api/functions/") for row in as_admin.walk("/api/functions")
        ],
        "audit": [str(row["id"]) for row in as_admin.walk("/api/audit")],
    }
    asked = 0
    for address in asking("GET"):
        collection = address.route.split("/")[0]
        for pk in things.get(collection, [None]) if "<" in address.route else [None]:
            body = as_admin.client.get(address.filled(**{collection: pk}))
            if address.route in {"", "schema/"} or (pk is None and body.status_code == 404):
                continue
            assert body.status_code == 200, address
            schema = schema_of(file, path_of(address.route), "get", 200)
            assert faults(body.json(), schema, file) == [], address
            asked += 1
    assert asked > len(wild.runs) * 2 + len(wild.events) * 2


@pytest.mark.parametrize(
    ("method", "address", "path", "status"),
    [
        ("get", "/api/runs?x=1", "/api/runs", 400),
        ("get", "/api/runs/none", "/api/runs/{id}", 404),
        ("post", "/api/runs/cancel", "/api/runs/cancel", 400),
        ("post", "/api/runs/none/cancel", "/api/runs/{id}/cancel", 400),
    ],
)
def test_every_error_is_what_the_file_says(
    as_admin: Caller, file: dict[str, Any], method: str, address: str, path: str, status: int
) -> None:
    body = as_admin.get(address) if method == "get" else as_admin.post(address, {})
    assert as_admin.status == status
    assert faults(body, schema_of(file, path, method, status), file) == []


def test_the_checker_above_sees_faults(file: dict[str, Any]) -> None:
    schema = schema_of(file, "/api/runs", "get", 200)
    assert faults({"results": [{"id": 7}], "next": 1, "previous": None, "more": 1}, schema, file) != []


TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(["failed", "24h", "true", "2", "oldest", "x" * 300]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_no_parameters_at_all_break_a_list(as_admin: Caller, data: st.DataObject) -> None:
    address = data.draw(st.sampled_from([one for one in asking("GET") if "<" not in one.route]))
    names = [*sorted(address.parameters), "x"]
    query = data.draw(st.lists(st.tuples(st.sampled_from(names), TEXTS), max_size=3))
    target = (
        f"{address.filled()}?{urlencode([(name, text.encode('utf-8', 'replace')) for name, text in query])}"
    )
    answer = as_admin.client.get(target)
    assert answer.status_code in {200, 400}, (target, answer.content[:300])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_no_id_at_all_breaks_a_thing(as_admin: Caller, data: st.DataObject) -> None:
    address = data.draw(st.sampled_from([one for one in asking("GET") if "<" in one.route]))
    pk = data.draw(st.text(min_size=1, max_size=40)).encode("utf-8", "replace")
    collection = address.route.split("/")[0]
    answer = as_admin.client.get(address.filled(**{collection: quote(pk, safe="")}))
    assert answer.status_code in {200, 404}, answer.content[:300]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["ids", "reason", "x"]), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_no_body_at_all_breaks_a_verb(as_admin: Caller, body: Any) -> None:
    as_admin.post("/api/runs/cancel", body)
    assert as_admin.status in {200, 400}
