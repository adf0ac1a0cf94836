"""The sprite holds every icon that a page names."""

from tests.icons import SPRITE, names, sprite


def test_the_sprite_is_what_the_templates_and_badges_need() -> None:
    assert SPRITE.read_text(encoding="utf-8") == sprite(names()), "run `make icons`"
