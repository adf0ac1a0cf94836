"""The matrix of roles: every address, every verb, and who may; read from the code, never written by hand."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver

from ops.access.roles import ROLES, grants, roles_with
from ops.operations.operation import Operation, operations

# Addresses that nobody has to sign in for, and why each of them may be.
PUBLIC = {
    "": "leads to /overview",
    "login": "signing in",
    "logout": "signing out; only POST does anything",
    "healthz": "whether the process lives, nothing else",
    "readyz": "whether it can serve, nothing else",
    "metrics": "has a token of its own (CONSOLE_METRICS_TOKEN)",
    "api": "leads to /api/",
    "admin": "leads to /admin/",
    "admin/login/": "leads to /login",
    "admin/logout/": "signing out; only POST does anything",
    "admin/password_change/": "leads to /password",
    "admin/password_change/done/": "leads to /password",
}
ADMIN_NAME = re.compile(
    r"(?P<app>[a-z]+)_(?P<model>[a-z]+)_(?P<page>changelist|add|change|delete|history|password_change)"
)
# Who may only see gets the form without its buttons.
ADMIN_ACTS = {"changelist": "view", "change": "view", "history": "view", "password_change": "change"}
# Here the permission opens the door, and the verb that the request names asks for its own as well.
BY_VERB = re.compile(
    r"ops/operate/<str:verb>|ops/jobs/create|(api|ops)/jobs/<int:\w+>/(confirm|stop|resume|discard|pace|retry-failed|undo)"
)
# Where a part of the answer asks for more than the address.
ALSO = {"runs/<str:pk>/values/<slug:name>": "; all values but `error`: `events.view_payload`"}


@dataclass(frozen=True)
class Address:
    """One pattern of addresses; `permission` is None where signing in is enough."""

    path: str
    permission: str | None
    public: str = ""
    declared: bool = True

    @property
    def by_verb(self) -> bool:
        """Whether a verb's own permission counts too."""
        return bool(BY_VERB.fullmatch(self.path))

    @property
    def section(self) -> str:
        """Where the matrix lists it."""
        if self.public:
            return "Public"
        found = self.path.partition("/")[0]
        return {"api": "API", "admin": "Administration"}.get(found, "Pages and fragments")

    def allows(self, role: str) -> bool:
        """Whether the role opens the address."""
        return bool(self.public) or self.permission is None or role in roles_with(self.permission)


def addresses() -> list[Address]:
    """Every address, in the order in which they are matched; a pattern that another one hides is left out."""
    found: dict[str, Address] = {}
    for path, pattern in patterns(get_resolver().url_patterns):
        found.setdefault(path, address_of(path, pattern))
    return list(found.values())


def patterns(entries: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each pattern with its whole path."""
    for entry in entries:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, entry
        else:
            yield from patterns(entry.url_patterns, path)


def address_of(path: str, pattern: URLPattern) -> Address:
    """What the pattern's view asks for."""
    if path in PUBLIC:
        return Address(path, None, public=PUBLIC[path])
    permission = getattr(pattern.callback, "permission", "")
    if path.startswith("admin/") and permission == "":
        permission = admin_permission(pattern.name or "")
    return Address(path, permission, declared=permission != "")


def admin_permission(name: str) -> str | None:
    """What Django's admin asks for at the address of that name; its own pages ask for being staff."""
    found = ADMIN_NAME.fullmatch(name)
    if found is None:
        return None
    act = ADMIN_ACTS.get(found["page"], found["page"])
    return f"{found['app']}.{act}_{found['model']}"


def document() -> str:
    return "\n".join([HEAD, *permission_lines(), *verb_lines(), *address_lines(), ""])


HEAD = """# Roles

Written by `manage.py roles` from the code; `make check` fails when it is out of date. The three roles are
kept by `manage.py prepare`, others are made on `/admin/auth/group/`. Code asks for permissions, never for
roles; a person without a role sees nothing but the sign-in page, their own password and pages that say which
role is missing.
"""


def permission_lines() -> Iterator[str]:
    yield "## Permissions\n"
    yield from head("Permission", "May")
    for permission, grant in grants().items():
        yield row(f"`{permission}`", grant.words, marks(roles_with(permission)))


def verb_lines() -> Iterator[str]:
    """Verb by role; the same through every door."""
    yield "\n## Verbs\n\nThe same through every door: page, API, job and `manage.py operate`.\n"
    yield from head("Verb", "Permission")
    for operation in operations():
        yield row(f"`{operation.name}`", f"`{operation.permission}`", marks(roles_of(operation)))


def roles_of(operation: Operation) -> list[str]:
    return roles_with(operation.permission)


def address_lines() -> Iterator[str]:
    """Address by role, in sections."""
    found = addresses()
    for section in ("Pages and fragments", "API", "Administration"):
        yield f"\n## {section}\n"
        yield from head("Address", "Permission")
        yield from (line_of(address) for address in found if address.section == section)
    yield "\n## Public\n\n| Address | Why |\n| --- | --- |"
    yield from (f"| `/{address.path}` | {address.public} |" for address in found if address.public)


def line_of(address: Address) -> str:
    asked = "signed in" if address.permission is None else f"`{address.permission}`"
    shown = asked + (" and the verb's own" if address.by_verb else ALSO.get(address.path, ""))
    path = address.path.replace("|", "\\|")
    return row(f"`/{path}`", shown, marks([role for role in ROLES if address.allows(role)]))


def head(*columns: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*columns, " | ".join(ROLES)), row(*["---"] * len(columns), " | ".join(":-:" for _ in ROLES))]


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def marks(allowed: Iterable[str]) -> str:
    return " | ".join("yes" if role in set(allowed) else "–" for role in ROLES)
