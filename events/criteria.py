"""What a list of events was asked for, as one value shared by page and API."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class EventCriteria:
    """Every condition must hold; several names are alternatives. Times: [from, to)."""

    names: tuple[str, ...] = ()
    user_id: str = ""
    idempotency_key: str = ""
    received_from: datetime | None = None
    received_to: datetime | None = None
    search: str = ""
