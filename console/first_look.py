"""What `manage.py look` does with a database that isn't the console's to play with."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction

from ops.access.actors import Actor
from ops.audit import log
from ops.platform.database_file import require_file
from ops.platform.prepared import missing_tables, pending_migrations

ACCOUNT = "look"
# Whatever else a deployment sets, a broker or a host name, is none of this console's.
KEPT = (
    "CONSOLE_ENGINE_SCHEMA",
    "CONSOLE_ENVIRONMENT",
    "CONSOLE_SECRET_KEY",
    "CONSOLE_SECRET_KEY_FILE",
    "CONSOLE_SECRET_KEY_FALLBACKS",
    "CONSOLE_SECRET_KEY_FALLBACKS_FILE",
)
WELCOME = """
  Choreo Console: http://localhost:{port}
  Sign in as {account}, password {password}, role {role}. The password holds until Ctrl-C, which stops it all.
"""


def environment(url: str) -> dict[str, str]:
    """The variables of a console on that database, whose files lie in a folder of its own."""
    folder = settings.VAR_DIR / "look" / sha256(url.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    known = {
        name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_") or name in KEPT
    }
    if not {"CONSOLE_SECRET_KEY", "CONSOLE_SECRET_KEY_FILE"} & known.keys():
        known["CONSOLE_SECRET_KEY_FILE"] = str(key_in(folder))
    ours = {"CONSOLE_DATABASE_URL": url, "CONSOLE_VAR": str(folder), "CONSOLE_LOG_LEVEL": "WARNING"}
    return known | ours


def key_in(folder: Path) -> Path:
    """The file of the folder's key, which the audit log needs for as long as it is kept."""
    path = folder / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path


@contextmanager
def reading_only() -> Iterator[None]:
    """Nothing can be written through the connection meanwhile, not even how SQLite keeps its log."""
    require_file()
    config = connection.settings_dict
    before = {"NAME": config["NAME"], "OPTIONS": config["OPTIONS"]}
    connection.close()
    if connection.vendor == "sqlite":
        config.update(NAME=f"file:{quote(str(config['NAME']))}?mode=ro", OPTIONS={"uri": True})
    else:
        limits = f"{config['OPTIONS']['options']} -c default_transaction_read_only=on"
        config["OPTIONS"] = config["OPTIONS"] | {"options": limits}
    try:
        yield
    finally:
        connection.close()
        config.update(before)


def has_engine() -> bool:
    """Whether there are runs of an engine to look at."""
    return "function_runs" in connection.introspection.table_names()


def what_is_missing() -> str:
    """What `prepare` would add; nothing when it has been run."""
    place = (
        "in a schema of their own, console" if connection.vendor == "postgresql" else "beside the engine's"
    )
    if missing := missing_tables(connection):
        return f"The console would add {len(missing)} tables {place}, and change none of the engine's."
    if pending := pending_migrations(connection):
        return f"The console would bring its own tables up to date: {pending} migrations."
    return ""


@contextmanager
def account(role: str) -> Iterator[str]:
    """The password of an account that may be used meanwhile."""
    password = secrets.token_urlsafe(12)
    change(role, password=password, active=True)
    try:
        yield password
    finally:
        change(role, password=None, active=False)


def change(role: str, *, password: str | None, active: bool) -> None:
    """Open or close the account; without a password none is right."""
    with transaction.atomic():
        person, _ = get_user_model().objects.get_or_create(username=ACCOUNT)
        person.is_staff, person.is_superuser, person.is_active = True, False, active
        person.set_password(password)
        person.save()
        person.groups.set(Group.objects.filter(name=role))
        told = {"user": ACCOUNT, "active": active, "role": role}
        log.record(
            actor=Actor(user=None, door="command"),
            verb="users.change",
            reason="A first look.",
            parameters=told,
        )
