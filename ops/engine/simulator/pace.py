"""How fast events come: the present goes on at the pace of the past, hour of the day for hour of the day."""

from datetime import datetime

from ops.engine.simulator.calendar import HOUR, weight_at
from ops.engine.simulator.formats import SECOND, time_text
from ops.engine.simulator.occasions import OCCASIONS
from ops.engine.simulator.server import Server
from ops.engine.values import Timestamp

MEASURED = 7 * 24 * HOUR
# Of a shop without a past: an event in twenty seconds in an hour of weight 10.
UNMEASURED = 0.005
FEWEST = 50
FIRST = "SELECT min(timestamp) AS at FROM events"
COUNT = "SELECT count(*) AS events FROM events WHERE timestamp < %s AND name IN ({names})"


def usual_pace(server: Server) -> float:
    """Events a second in an hour of weight 1, in the first week; not those that functions send."""
    begin = first_event(server)
    if begin is None:
        return UNMEASURED
    end = min(begin + MEASURED, server.clock())
    names = [occasion.name for occasion in OCCASIONS]
    question = COUNT.format(names=", ".join(["%s"] * len(names)))
    events = int(server.ask(question, [time_text(end), *names])[0]["events"])
    seconds = sum(weight_at(hour) for hour in range(begin, end, HOUR)) * HOUR / SECOND
    return events / seconds if events >= FEWEST else UNMEASURED


def first_event(server: Server) -> int | None:
    """When the oldest event came."""
    found = server.ask(FIRST)[0]["at"]
    at: datetime | None = None if found is None else Timestamp.read(found)
    return None if at is None else int(at.timestamp() * SECOND)
