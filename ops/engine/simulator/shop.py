"""The functions of an invented shop: what they do, how long it takes, how they fail."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from ops.engine.simulator import failures as f
from ops.engine.simulator.failures import Fault

Output = Callable[[Any, Random], Any]


class Step(NamedTuple):
    """One step: its id, usual seconds, output, and how it fails if it does."""

    id: str
    seconds: float
    output: Output
    faults: tuple[Fault, ...] = ()


class Breakage(NamedTuple):
    """The number of the step at which an attempt breaks, and how."""

    place: int
    fault: Fault


class Function(NamedTuple):
    """One function. `embedded`: its worker has the engine inside, so its steps have a duration."""

    id: str
    triggers: tuple[str, ...]
    steps: tuple[Step, ...]
    result: Output
    failure_rate: float = 0.01
    max_attempts: int = 3
    embedded: bool = False
    emits: str | None = None
    delay: int = 0
    settings: dict[str, Any] = {}  # noqa: RUF012 - a tuple's default, never changed

    def breakage(self, places: Sequence[int], random: Random) -> Breakage | None:
        """How an attempt breaks that has these steps to do; None if none of them ever fails."""
        fragile = [place for place in places if self.steps[place].faults]
        if not fragile:
            return None
        place = random.choice(fragile)
        return Breakage(place, random.choice(self.steps[place].faults))

    def definition(self) -> dict[str, Any]:
        event = [{"type": "event", "name": name} for name in self.triggers]
        cron = [{"type": "cron", "schedule": self.settings["cron"]}] if "cron" in self.settings else []
        rest = {key: value for key, value in self.settings.items() if key != "cron"}
        name = self.id.replace("-", "_")
        return {
            "id": self.id,
            "name": name,
            "triggers": event + cron,
            "retries": {"max_attempts": self.max_attempts},
            "priority": 0,
            "timeout_secs": 300,
            **rest,
        }


def nothing(_data: Any, _random: Random) -> None:
    """A step that sends an event stores null."""


def step(name: str, seconds: float, output: Output = nothing, *faults: Fault) -> Step:
    """A step that usually takes the seconds."""
    return Step(name, seconds, output, faults)


CHARGE_CARD = Function(
    "charge-card",
    ("order.placed",),
    (
        step("reserve-stock", 0.12, lambda data, _: {"reserved": len(data["items"])}),
        step(
            "authorise",
            0.9,
            lambda data, _: {"authorisation": f"auth_{data['order_id']}"},
            f.CARD_DECLINED,
            f.CARD_DECLINED,
            f.GATEWAY,
        ),
        step("capture", 0.6, lambda data, _: {"captured": data["amount"], "currency": "EUR"}),
        step("emit-payment-captured", 0.04),
    ),
    lambda data, _: {"order_id": data["order_id"], "captured": data["amount"]},
    failure_rate=0.05,
    max_attempts=5,
    emits="payment.captured",
    settings={
        "concurrency": {"limit": 5, "key": "event.data.customer_id"},
        "throttle": {"limit": 20, "period_secs": 60},
        "priority": 10,
        "timeout_secs": 45,
    },
)
GENERATE_INVOICE = Function(
    "generate-invoice",
    ("payment.captured",),
    (
        step(
            "render-pdf",
            1.4,
            lambda data, random: {"pages": 1, "bytes": random.randrange(40_000, 90_000)},
            f.KEY_ERROR,
        ),
        step("store", 0.2, lambda data, _: {"path": f"invoices/{data['order_id']}.pdf"}),
        step("emit-invoice-created", 0.04),
    ),
    lambda data, _: {"invoice": f"INV-{data['order_id']}"},
    failure_rate=0.008,
    emits="invoice.created",
)
SCORE_FRAUD = Function(
    "score-fraud",
    ("order.placed",),
    (
        step(
            "score",
            0.35,
            lambda _, random: {"model": "fraud-v7", "score": round(random.random() ** 3, 4)},
            f.UNAVAILABLE,
        ),
    ),
    lambda _, __: {"blocked": False},
    max_attempts=1,
    failure_rate=0.004,
    settings={"priority": 5},
)
SEND_WELCOME_EMAIL = Function(
    "send-welcome-email",
    ("user.signed_up",),
    (
        step("load-template", 0.05, lambda data, _: {"locale": data["locale"], "template": "welcome"}),
        step("render", 0.08, lambda data, _: {"subject": f"Welcome, {data['name']}", "bytes": 1804}),
        step("deliver", 0.7, lambda data, _: {"to": data["email"]}, f.GREYLISTED, f.MAILBOX),
    ),
    lambda _, __: {"sent": True, "template": "welcome"},
    failure_rate=0.03,
    settings={"timeout_secs": 60},
)
SYNC_CRM = Function(
    "sync-crm",
    ("user.signed_up", "user.updated"),
    (
        step(
            "fetch-contact",
            0.4,
            lambda data, _: {"contact": data["email"], "fields": 14},
            f.READ_TIMEOUT,
            f.READ_TIMEOUT,
            f.READ_TIMEOUT,
            f.UNAVAILABLE,
        ),
        step("push", 0.5, lambda _, __: {"upserted": 1}, f.UNAVAILABLE),
    ),
    lambda _, __: {"synced": True},
    failure_rate=0.02,
    max_attempts=4,
    settings={"concurrency": {"limit": 2, "key": "event.user_id"}, "timeout_secs": 30},
)
UPDATE_SEARCH_INDEX = Function(
    "update-search-index",
    ("product.updated", "catalogue.uploaded"),
    (step("index", 0.25, lambda _, random: {"documents": random.randrange(1, 40)}, f.READ_ONLY),),
    lambda _, __: {"refreshed": True},
    settings={"debounce": {"period_secs": 30}},
)
IMPORT_PRODUCTS = Function(
    "import-products",
    ("catalogue.uploaded",),
    (
        step("download", 2.5, lambda data, _: {"file": data["file"], "rows": data["rows"]}),
        step("validate", 4.0, lambda data, _: {"rows": data["rows"], "warnings": 3}, f.BAD_PRICE),
        step("upsert", 11.0, lambda data, _: {"rows": data["rows"]}),
    ),
    lambda data, _: {"imported": data["rows"]},
    failure_rate=0.12,
    max_attempts=2,
)
AI_SUMMARISE = Function(
    "ai-summarise",
    ("ticket.created",),
    (
        step("embed", 1.1, lambda _, random: {"model": "summarise-1", "tokens": random.randrange(90, 400)}),
        step("summarise", 6.0, lambda _, random: {"tokens": random.randrange(200, 900)}, f.MODEL_BUSY),
        step("translate (日本語)", 2.5, lambda _, __: {"text": "要約 顧客は返金を希望しています。"}),
    ),
    lambda data, _: {"ticket": data["ticket"], "summary": "The customer asks for a refund."},
    failure_rate=0.05,
    max_attempts=2,
    settings={"throttle": {"limit": 5, "period_secs": 10}, "priority": -1, "timeout_secs": 120},
)
NIGHTLY_REPORT = Function(
    "nightly-report",
    ("report.requested",),
    (
        step("collect-orders", 20, lambda _, random: {"rows": random.randrange(900, 2_500)}),
        step("collect-refunds", 8, lambda _, random: {"rows": random.randrange(10, 90)}, f.UNAVAILABLE),
        step("settle", 5, lambda _, __: {"balanced": True}),
    ),
    lambda data, _: {"day": data["day"], "sent_to": "finance@example.com"},
    max_attempts=2,
    settings={"cron": "0 2 * * *", "timeout_secs": 3600},
)
RESIZE_IMAGES = Function(
    "resize-images",
    ("image.uploaded",),
    (
        step("read-metadata", 0.06, lambda _, __: {"width": 2400, "height": 1600}),
        step("resize-1", 0.5, lambda _, __: {"variant": 1, "bytes": 51_200}, f.JPEG),
        step("resize-2", 0.9, lambda _, __: {"variant": 2, "bytes": 102_400}),
        step("resize-3", 1.3, lambda _, __: {"variant": 3, "bytes": 153_600}),
        step("publish", 0.2, lambda data, _: {"url": f"https://img.example.com/{data['file']}"}),
    ),
    lambda _, __: {"variants": 3},
    failure_rate=0.06,
    embedded=True,
    settings={"name": "Resize images (Rust)", "timeout_secs": 120, "priority": None},
)
RECONCILE_PAYMENTS = Function(
    "reconcile-payments",
    ("payments.settled",),
    (
        step("load-ledger", 1.8, lambda data, _: {"entries": data["entries"]}, f.LEDGER),
        step("match-entries", 3.2, lambda data, _: {"matched": data["entries"] - 1, "open": 1}, f.TOO_SLOW),
        step("close-batch", 0.4, lambda data, _: {"batch": data["batch"]}),
    ),
    lambda data, _: {"batch": data["batch"], "closed": True},
    failure_rate=0.05,
    max_attempts=2,
    embedded=True,
    settings={"name": "", "cron": "*/30 6-22 * * MON-FRI", "timeout_secs": None},
)
REQUEST_REVIEW = Function(
    "request-review",
    ("order.delivered",),
    (step("deliver", 0.6, lambda data, _: {"to": data["email"]}, f.GREYLISTED),),
    lambda _, __: {"sent": True},
    embedded=True,
    delay=3 * 3600,
)
LEGACY_EXPORT = Function("legacy-export", ("export.requested",), (), lambda _, __: None, failure_rate=1.0)

FUNCTIONS = (
    CHARGE_CARD,
    GENERATE_INVOICE,
    SCORE_FRAUD,
    SEND_WELCOME_EMAIL,
    SYNC_CRM,
    UPDATE_SEARCH_INDEX,
    IMPORT_PRODUCTS,
    AI_SUMMARISE,
    NIGHTLY_REPORT,
    RESIZE_IMAGES,
    RECONCILE_PAYMENTS,
    REQUEST_REVIEW,
)
BY_ID = {function.id: function for function in (*FUNCTIONS, LEGACY_EXPORT)}


@lru_cache
def started_by(event: str) -> tuple[Function, ...]:
    """The registered functions that an event of this name starts."""
    return tuple(function for function in FUNCTIONS if event in function.triggers)
