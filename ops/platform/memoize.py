"""Answers kept for a few seconds in each process, so that not every page asks the database again."""

from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Remembered(Generic[Answer]):
    """A question whose answer is kept; a question that raised is asked again at once."""

    def __init__(self, ask: Callable[[], Answer], seconds: float) -> None:
        self.ask = ask
        self.seconds = seconds
        self.kept: tuple[float, Answer] | None = None

    def __call__(self) -> Answer:
        kept = self.kept
        if kept is None or monotonic() >= kept[0]:
            answer = self.ask()
            kept = self.kept = (monotonic() + self.seconds, answer)
        return kept[1]

    def forget(self) -> None:
        self.kept = None


def remember(*, seconds: float) -> Callable[[Callable[[], Answer]], Remembered[Answer]]:
    """Keep what the decorated function answers for that long."""
    return lambda ask: Remembered(ask, seconds)
