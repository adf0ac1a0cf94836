"""Times, durations, sizes and counts in words, for pages and commands alike."""

from datetime import UTC, datetime, timedelta

NOTHING = "–"
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
SIZES = ("B", "KB", "MB", "GB", "TB")


def ago_text(moment: datetime, *, now: datetime) -> str:
    """`3 min ago`, `in 2 h`, `just now`."""
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 1:
        return "just now"
    fitting = ((size, unit) for size, unit in UNITS if distance >= size)
    size, unit = next(fitting, (1, "s"))
    text = f"{int(distance // size)} {unit}"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def exact_text(moment: datetime) -> str:
    """`2026-02-22 19:32:57.123 UTC`."""
    return moment.astimezone(UTC).isoformat(" ", "milliseconds")[:23] + " UTC"


def machine_text(moment: datetime) -> str:
    """What `<time datetime>` holds."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def duration_text(value: timedelta | float) -> str:
    """`120 ms`, `3.4 s`, `1 m 05 s`, `1 h 02 m`, `3 d 04 h`; a number is seconds."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 0:
        return "-" + duration_text(-seconds)
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3_600:
        return f"{whole // 60} m {whole % 60:02} s"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60:02} m"
    return f"{whole // 86_400} d {whole % 86_400 // 3_600:02} h"


def about_text(seconds: float) -> str:
    """`50 s`, `4 min`, `2 h`: as exact as a guess may be."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{round(seconds / 3_600)} h"


def size_text(count: int) -> str:
    """`12.3 KB`, in steps of 1,000 bytes."""
    if count < 1_000:
        return f"{count} B"
    size, step = float(count), 0
    while size >= 999.95 and step < len(SIZES) - 1:
        size, step = size / 1_000, step + 1
    return f"{size:.1f} {SIZES[step]}"


def number_text(value: float) -> str:
    """`1,284`; at most two decimals."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def capped_text(count: int, limit: int) -> str:
    """`1,284`, or `10,000+` when counting stopped there."""
    return f"{limit:,}+" if count > limit else f"{count:,}"


def short_text(identifier: str) -> str:
    """First 8 and last 4 characters: ids of version 7 share their beginnings."""
    return identifier if len(identifier) <= 13 else f"{identifier[:8]}…{identifier[-4:]}"
