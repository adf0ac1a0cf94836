"""The accounts of the demo; they exist only in a database that the simulator created."""

from django.contrib.auth.models import Group
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.access.models import User
from ops.access.roles import ADMIN, OPERATOR, VIEWER
from ops.engine.simulator import require_ours

ACCOUNTS = {"viewer": VIEWER, "operator": OPERATOR, "admin": ADMIN}
PASSWORD = "demo"  # noqa: S105 - it is on the login page of the demo


def make_accounts(connection: BaseDatabaseWrapper) -> list[str]:
    """Create the accounts that are missing, each in its group; returns their names."""
    require_ours(connection)
    missing = [name for name in ACCOUNTS if not User.objects.filter(username=name).exists()]
    for name in missing:
        user = User.objects.create_user(name, f"{name}@example.com", PASSWORD, is_staff=True)
        user.groups.set(Group.objects.filter(name=ACCOUNTS[name]))
    return missing
