"""What every verb is called in words: codes are for the API and for filters, not for reading."""

WORDS = {
    "audit.export": "Export audit log",
    "auth.locked_out": "Lockout after failed sign-ins",
    "auth.sign_in": "Sign in",
    "auth.sign_in_failed": "Failed sign-in",
    "auth.sign_out": "Sign out",
    "groups.add": "Add role",
    "groups.change": "Change role",
    "groups.delete": "Delete role",
    "jobs.confirm": "Confirm job",
    "jobs.create": "Create job",
    "jobs.discard": "Discard job",
    "jobs.expire": "Discard expired job",
    "jobs.pace": "Change speed of job",
    "jobs.resume": "Resume job",
    "jobs.stop": "Stop job",
    "tokens.create": "Create token",
    "tokens.revoke": "Revoke token",
    "users.add": "Add user",
    "users.change": "Change user",
    "users.change_password": "Change own password",
    "users.delete": "Delete user",
    "users.set_password": "Set password of user",
}
SIGN_INS = ("auth.sign_in", "auth.sign_in_failed", "auth.sign_out", "auth.locked_out")
DOORS = {
    "page": "the pages",
    "api": "the API",
    "command": "a command",
    "job": "a job",
    "system": "the console itself",
}


def register(verb: str, label: str) -> None:
    """Name the verb of an operation."""
    WORDS[verb] = label


def words_of(verb: str) -> str:
    """`Cancel runs`; a verb that is gone, or of a newer version, as it is written."""
    return WORDS.get(verb, verb)


def door_of(door: str) -> str:
    return DOORS.get(door, door)
