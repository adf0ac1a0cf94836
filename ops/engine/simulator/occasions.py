"""Why the shop sends events: each occasion has a name, a frequency and data."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from ops.engine.simulator.people import Person, somebody

SUBJECTS = (
    "Where is my order?",
    "Rückerstattung? 🙏",
    "Wrong size",
    "Facture manquante",
    "Broken on arrival",
)


class Occasion(NamedTuple):
    """An event that the shop sends `weight` times as often as one of weight 1."""

    name: str
    weight: float
    data: Callable[[Person, Random], Any]


def sku(random: Random) -> str:
    return f"SKU-{random.randrange(400):03d}"


def order_id(random: Random) -> str:
    """An order's number; long enough never to come twice, because events have it in their keys."""
    return f"O-{random.getrandbits(52):013X}"


def order(person: Person, random: Random) -> Any:
    """A basket, paid by a test card."""
    lines = range(random.randrange(1, 5))
    return {
        "order_id": order_id(random),
        "customer_id": person.user_id.replace("user", "cus"),
        "email": person.email,
        "amount": round(random.uniform(8, 260), 2),
        "items": [{"sku": sku(random), "qty": random.randrange(1, 4)} for _ in lines],
        "card_number": "4242 4242 4242 4242",
    }


def delivery(person: Person, random: Random) -> Any:
    return {"email": person.email, "order_id": order_id(random)}


def profile(person: Person, _random: Random) -> Any:
    """What the shop knows of a customer."""
    name, locale = person.name, person.locale
    return {"email": person.email, "name": name, "locale": locale, "phone": "+49 30 1234567"}


def changed_profile(person: Person, random: Random) -> Any:
    """The same after a change."""
    return profile(person, random) | {"changed": ["phone"]}


def ticket(person: Person, random: Random) -> Any:
    number, subject = random.randrange(500, 90_000), random.choice(SUBJECTS)
    text = "Hello,\n<b>please</b> help.\n"
    return {"ticket": number, "from": person.email, "subject": subject, "body": text}


def product(_person: Person, random: Random) -> Any:
    """An article with a new title."""
    return {"sku": sku(random), "title": "Hemd"}


def image(_person: Person, random: Random) -> Any:
    """A photograph for an article."""
    return {"file": f"img-{random.randrange(99_999)}.jpg", "count": 3}


def settlement(_person: Person, random: Random) -> Any:
    """A batch of payments from the bank."""
    return {"batch": random.randrange(9_999), "entries": random.randrange(20, 400)}


def catalogue(_person: Person, random: Random) -> Any:
    """A supplier's price list."""
    return {"file": f"catalogue-{random.randrange(99)}.csv", "rows": random.randrange(400, 4_000)}


def report(_person: Person, random: Random) -> Any:
    return {"day": f"2026-{random.randrange(1, 13):02d}-01"}


def page(_person: Person, random: Random) -> Any:
    return {"path": f"/p/{sku(random)}", "ua": "Mozilla/5.0"}


def newsletter(person: Person, _random: Random) -> Any:
    return {"campaign": "spring", "email": person.email}


def export(_person: Person, _random: Random) -> Any:
    """A function that nobody has any more is wanted."""
    return {"format": "csv"}


OCCASIONS = (
    Occasion("order.placed", 22, order),
    Occasion("user.signed_up", 9, profile),
    Occasion("user.updated", 10, changed_profile),
    Occasion("product.updated", 16, product),
    Occasion("image.uploaded", 7, image),
    Occasion("ticket.created", 5, ticket),
    Occasion("order.delivered", 5, delivery),
    Occasion("payments.settled", 2, settlement),
    Occasion("catalogue.uploaded", 0.6, catalogue),
    Occasion("report.requested", 0.2, report),
    Occasion("page.viewed", 9, page),
    Occasion("newsletter.opened", 8, newsletter),
    Occasion("export.requested", 0, export),
)
BY_NAME = {occasion.name: occasion for occasion in OCCASIONS}
WEIGHTS = [occasion.weight for occasion in OCCASIONS]


def any_occasion(random: Random) -> Occasion:
    """One of them, by their weights."""
    return random.choices(OCCASIONS, WEIGHTS)[0]


def happen(occasion: Occasion, random: Random) -> tuple[Any, str]:
    """The event's data and whose event it is."""
    person = somebody(random)
    return occasion.data(person, random), person.user_id


def consequence(name: str, data: Any) -> tuple[Any, str]:
    """Data and idempotency key of an event that a function sends about an order when it is done."""
    number = data["order_id"]
    about = {"order_id": number, "customer_id": data["customer_id"], "amount": data["amount"]}
    if name == "invoice.created":
        about |= {"invoice": f"INV-{number}"}
    return about, f"{name.replace('.', '-')}/{number}"
