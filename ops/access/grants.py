"""How an app declares a permission: the lowest role that has it, and what it allows, in words."""

from typing import NamedTuple


class Grant(NamedTuple):
    """`words` complete “may …”."""

    role: str
    words: str
