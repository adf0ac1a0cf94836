"""How a failure rate is tinted, wherever one is shown: a few failures are usual and no alarm."""

BAD, WARN = 0.20, 0.05


def look_of(rate: float | None) -> str:
    """`bad` from a fifth on, `warn` from a twentieth on, else nothing; None is a rate of nothing finished."""
    if rate is None or rate < WARN:
        return ""
    return "bad" if rate >= BAD else "warn"
