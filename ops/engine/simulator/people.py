"""Invented customers of an invented shop; every address is under example.com (RFC 2606)."""

import unicodedata
from functools import lru_cache
from random import Random
from typing import NamedTuple

FIRST_NAMES = """
Anna Jörg Maria Tomasz Chloé Liam Sofia Noah Emma Luca Mia Elias Zoë Hugo Nora Oskar Ines Pavel Leila Sven
Aylin Marco Freya Jan Yuki Amir Clara Felix Greta Henrik Irina Jonas Katja Lars Mila Niko Olga Paul Rosa Tilda
"""
LAST_NAMES = """
Kowalska Müller Rossi Nowak Dubois Smith García Jensen Novák Svensson Moreau Schmidt Silva Larsen Horvat
Popescu Fischer Bianchi Weber Andersen Costa Virtanen Tanaka Haddad Okafor Petrov Lindqvist Meyer Bakker
Oliveira Hansen Keller Marino Nagy Olsen Peeters Ricci Sato Torres Vogel Wagner Yilmaz Ziegler
"""
LOCALES = ("en", "de", "fr", "it", "pl", "es")


class Person(NamedTuple):
    """One customer."""

    user_id: str
    name: str
    email: str
    locale: str


@lru_cache(maxsize=1)
def everybody() -> tuple[Person, ...]:
    """Each first name with each last name."""
    names = [(first, last) for last in LAST_NAMES.split() for first in FIRST_NAMES.split()]
    return tuple(invented(number, *name) for number, name in enumerate(names))


def invented(number: int, first: str, last: str) -> Person:
    """The customer with this number."""
    email = plain(f"{first}.{last}").lower() + "@example.com"
    return Person(f"user_{number:04d}", f"{first} {last}", email, LOCALES[number % len(LOCALES)])


def plain(text: str) -> str:
    """Letters without their accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def somebody(random: Random) -> Person:
    return random.choice(everybody())
