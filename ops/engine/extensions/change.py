"""Installing and removing an extension beside a working engine."""

from collections.abc import Sequence
from types import ModuleType

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.extensions import postgresql, sqlite
from ops.engine.extensions.catalog import find
from ops.engine.extensions.errors import Refused
from ops.engine.extensions.extension import Extension, Part
from ops.engine.extensions.patience import Say
from ops.engine.extensions.rights import lacking
from ops.engine.extensions.status import recent, unfit_parts


def install(extension: Extension, connection: BaseDatabaseWrapper, say: Say) -> None:
    """Make what is missing, and remake what is outdated or broken.

    Raises Refused when something needed is missing, OperationalError when a table stays locked. Idempotent;
    after an interruption run it again.
    """
    vendor = module_of(connection)
    with vendor.alone(connection):
        parts = unfit_parts(extension, find([extension], connection), connection.vendor)
        require_rights(parts, connection)
        for part in parts:
            say(f"{extension.name}: making the {part.kind} {part.name}")
            vendor.make(part, extension, connection, say)
        vendor.after_making(parts, connection, say)
    recent.forget()
    say(f"{extension.name} is {'installed' if parts else 'current, nothing to do'}")


def remove(extension: Extension, connection: BaseDatabaseWrapper, say: Say) -> None:
    """Take away every object of the extension, whatever state it is in; raises as `install`."""
    vendor = module_of(connection)
    with vendor.alone(connection):
        found = find([extension], connection)
        parts = [p for p in reversed(extension.parts(connection.vendor)) if (p.kind, p.name) in found]
        require_rights(parts, connection)
        for part in parts:
            say(f"{extension.name}: removing the {part.kind} {part.name}")
            vendor.drop(part, connection, say)
        vendor.after_dropping(parts, connection, say)
    recent.forget()
    say(f"{extension.name} is {'removed' if parts else 'absent, nothing to do'}")


def require_rights(parts: Sequence[Part], connection: BaseDatabaseWrapper) -> None:
    """Ask before the first change, so that nothing is left half done."""
    missing = list(lacking(parts, connection))
    if missing:
        raise Refused(" ".join(missing))


def script_to_install(extension: Extension, connection: BaseDatabaseWrapper) -> list[str]:
    """The statements of `install`, in order."""
    return list(module_of(connection).script_to_make(extension))


def script_to_remove(extension: Extension, connection: BaseDatabaseWrapper) -> list[str]:
    """The statements of `remove`, in order."""
    return list(module_of(connection).script_to_drop(extension))


def module_of(connection: BaseDatabaseWrapper) -> ModuleType:
    """How this kind of database is changed."""
    return postgresql if connection.vendor == "postgresql" else sqlite
