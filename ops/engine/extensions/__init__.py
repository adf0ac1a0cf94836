"""Named additions to the engine's database: listed, installed and removed by `manage.py engine` alone.

Each is an `Extension` in known.py and two files in sql/; nothing else has to change for a new one.
"""

from ops.engine.extensions.change import install, remove, script_to_install, script_to_remove
from ops.engine.extensions.errors import Refused
from ops.engine.extensions.extension import Extension
from ops.engine.extensions.known import EXTENSIONS, get
from ops.engine.extensions.status import State, Status, is_current, recent, status, status_of

__all__ = [
    "EXTENSIONS",
    "Extension",
    "Refused",
    "State",
    "Status",
    "get",
    "install",
    "is_current",
    "recent",
    "remove",
    "script_to_install",
    "script_to_remove",
    "status",
    "status_of",
]
