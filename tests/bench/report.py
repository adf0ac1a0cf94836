"""The figures beside the goals, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

Readings = Mapping[str, Sequence[Mapping[str, Any]]]

# (group, name of the case or None for all of the group, what is compared, goal in ms)
GOALS: dict[tuple[str, str], tuple[str, float]] = {
    ("page", "list page, 50 rows"): ("total", 25),
    ("page", "list page, failed"): ("total", 25),
    ("page", "list page, deep"): ("total", 25),
    ("page", "run page, 50 steps"): ("total", 30),
    ("page", "search by id prefix"): ("total", 25),
    ("page", "overview, 24 h, nothing kept"): ("total", 150),
    ("api", "API list, 50 rows"): ("total", 12),
    ("api", "API run"): ("total", 12),
}
# Items per second, on PostgreSQL.
JOB_GOALS = {
    "freeze every run": 100_000,
    "replay from the start": 10_000,
    "cancel of those replayed from the start": 15_000,
    "replay from the failed step": 6_000,
    "cancel of those replayed at half the time": 8_000,
}
# Beside commit ee4254a.
HTTP_GOALS = {
    ("GET /api/runs?limit=50", 1): "time ≤ 0.65",
    ("GET /api/runs?limit=50", 8): "requests ≥ 1.6",
    ("GET /runs", 1): "time ≤ 0.8",
    ("GET /runs/…, 50 steps", 1): "time ≤ 0.8",
}
LIST_GOAL = 2.0
UNSERVED = ("has error", "attempt")  # no index serves them: they read a stated window


def report(readings: Readings, machine: str) -> str:
    """Everything, one section per database."""
    parts = [f"Measured on {machine}; milliseconds, median (95th percentile).\n"]
    for name, sizes in readings.items():
        parts += section(name, sizes)
    return "\n".join(parts)


def section(name: str, sizes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One database."""
    largest = sizes[-1]
    counts = " and ".join(f"{size['runs']:,}" for size in sizes)
    yield f"### {name}, {counts} runs\n"
    yield f"Filled in {largest['seed']:.0f} s, extensions installed in {largest['install']:.0f} s.\n"
    yield (
        "| question | goal | "
        + " | ".join(f"{size['runs']:,} runs" for size in sizes)
        + " | times | with rows | queries |"
    )
    yield "| --- | --- " + "| --- " * (len(sizes) + 3) + "|"
    for group in ("list", "filter", "pair", "page", "api", "cancel"):
        for case in largest["cases"][group]:
            yield row(sizes, group, case)
    yield ""
    yield summary(largest["cases"]["pair"])
    yield from over_http(largest["http"])
    yield from jobs(sizes, JOB_GOALS if name == "PostgreSQL" else {})


def over_http(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The largest size over HTTP: how long a request takes, and how many are answered."""
    yield "| over HTTP | connections | milliseconds | requests/s | time, requests / baseline | goal |"
    yield "| --- " * 6 + "|"
    for one in rows:
        now, name = one["now"], (one["question"], one["connections"])
        figures = f"{now['median']:.1f} ({now['p95']:.1f}) | {now['rate']:,.0f}"
        goal = HTTP_GOALS.get(name, "–")
        yield f"| {name[0]} | {name[1]} | {figures} | {shares(now, one['before'])} | {goal} |"
    yield ""


def shares(now: Mapping[str, float], before: Mapping[str, float] | None) -> str:
    """Median and requests per second as parts of the baseline's."""
    if before is None:
        return "–"
    return f"{now['median'] / before['median']:.2f}, {now['rate'] / before['rate']:.2f}"


def jobs(sizes: Sequence[Mapping[str, Any]], goals: Mapping[str, int]) -> Iterator[str]:
    """The jobs alone, and then those beside a busy engine; milliseconds where nothing else is said."""
    counts = " | ".join(f"{size['runs']:,} runs" for size in sizes)
    names = sizes[-1]["jobs"]
    yield f"| job, items per second | goal | {counts} | chunk | longest chunk |"
    yield "| --- | --- " + "| --- " * (len(sizes) + 2) + "|"
    for name in (name for name, one in names.items() if not one["engine"]):
        found = [size["jobs"][name] for size in sizes]
        rates = " | ".join(f"{one['rate']:,.0f}" for one in found)
        chunks = f"{found[-1]['chunk']:.0f} | {max(one['chunk_max'] for one in found):.0f}"
        yield f"| {name} | {job_goal(goals, name)} | {rates} | {chunks} |"
    yield ""
    yield "| beside a busy engine | goal | items/s | engine, runs/s | share | lease | complete | longest |"
    yield "| --- " * 8 + "|"
    for name, one in names.items():
        if load := one["engine"]:
            share = load["rate"] / names["nothing"]["engine"]["rate"]
            figures = f"{one['rate']:,.0f} | {load['rate']:,.0f} | {share:.2f} | {waits(load)}"
            yield f"| {name} | {job_goal(goals, name)} | {figures} |"
    yield ""


def waits(load: Mapping[str, float]) -> str:
    """How long the engine's statements took: median and 99th percentile of each, and the longest of all."""
    lease = f"{load['lease']:.1f} ({load['lease_p99']:.1f})"
    return f"{lease} | {load['complete']:.1f} ({load['complete_p99']:.1f}) | {load['longest']:.0f}"


def job_goal(goals: Mapping[str, int], name: str) -> str:
    """Items per second that a job should make."""
    return f"≥ {goals[name]:,}" if name in goals else "–"


def row(sizes: Sequence[Mapping[str, Any]], group: str, case: str) -> str:
    """One question: SQL for lists, the whole server for pages."""
    what, goal = goal_of(group, case)
    found = [size["cases"][group][case] for size in sizes]
    figures = " | ".join(f"{one[what]:.2f} ({one[what + '_p95']:.2f})" for one in found)
    growth = found[-1][what] / max(found[0][what], 0.01)
    label = "SQL" if what == "sql" else "server"
    wanted = f"≤ {goal:g}" if goal else "–"
    rest = f"{growth:.1f} | {found[-1]['total']:.1f} | {found[-1]['queries']}"
    return f"| {case}, {label} | {wanted} | {figures} | {rest} |"


def goal_of(group: str, case: str) -> tuple[str, float]:
    """What is compared, and with what; 0: no goal."""
    if group in {"list", "filter", "pair"}:
        return "sql", 0 if any(word in case for word in UNSERVED) else LIST_GOAL
    return GOALS.get((group, case), ("total", 0))


def summary(pairs: Mapping[str, Mapping[str, float]]) -> str:
    """How many of the pairs that an index serves keep the goal."""
    served = {name: one["sql"] for name, one in pairs.items() if not any(word in name for word in UNSERVED)}
    late = [f"{name} ({value:.1f} ms)" for name, value in served.items() if value > LIST_GOAL]
    text = f"Pairs of filters that an index serves: {len(served)}, median {median(served.values()):.2f} ms"
    return f"{text}; over the goal: {', '.join(late) or 'none'}.\n"
