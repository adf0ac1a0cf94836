"""What an empty list of runs says: why it is empty, where was looked and where not, and what to do."""

from urllib.parse import urlencode

from runs.views.active_filters import LIST, address
from runs.views.listing import RunList

SEARCHED = (
    "Searched: the ids of runs and of their events (whole, their beginning, or as lists shorten them) and"
    " parts of function ids. Not searched: payloads, errors, names of events."
)


def empty_words(asked: RunList) -> dict[str, str]:
    """The words of the empty list, and up to two ways out."""
    if asked.data.get("cursor"):
        return {"title": "Nothing on this page any more", "link": address(asked.data), "word": "First page"}
    if not asked.chips:
        text = "A run appears when an event arrives that a function listens to."
        return {"title": "No runs yet", "text": text}
    if asked.criteria and asked.criteria.search:
        return nothing_found(asked, asked.criteria.search)
    return nothing_matches(asked)


def nothing_found(asked: RunList, search: str) -> dict[str, str]:
    """Of a search."""
    others = len(asked.chips) - 1
    within = f"The search was limited by {others} other filter{'s' if others > 1 else ''}. " if others else ""
    return {
        "title": f"No run found for “{search}”",
        "text": within + SEARCHED,
        "link": f"{LIST}?{urlencode({'q': search})}" if others else LIST,
        "word": "Search all runs" if others else "Clear the search",
        "other_link": f"/events?{urlencode({'q': search})}",
        "other_word": "Search events",
    }


def nothing_matches(asked: RunList) -> dict[str, str]:
    """Of filters without a search."""
    values = {chip.name: chip.value for chip in asked.chips}
    is_recent = values.get("created_from", "last").startswith("last")
    plain = values.keys() <= {"state", "created_from"} and is_recent
    states = " or ".join(asked.data.getlist("state"))
    period = f" in the {values['created_from']}" if "created_from" in values else ""
    clear = "clear the filter" if len(values) == 1 else f"clear {len(values)} filters"
    return {
        "title": f"No {states} runs{period}" if plain else "No runs match these filters",
        "text": f"Widen the range or {clear}." if period else f"{clear.capitalize()} to see all runs.",
        "link": LIST,
        "word": "Clear filters",
    }
