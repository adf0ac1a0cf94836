"""`manage.py token create|list|revoke`: tokens for the API."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ops.access.actors import Actor, person
from ops.platform.errors import InvalidInput
from ops.tokens import actions
from ops.tokens.models import ApiToken


class Command(BaseCommand):
    """A token carries its owner's permissions and is sent as `Authorization: Bearer …`."""

    help = "Make, list and revoke tokens for the API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One subcommand per verb."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="Make a token and print it once.")
        create.add_argument("--user", required=True, help="User name of its owner.")
        create.add_argument("--name", required=True, help="What it is for.")
        create.add_argument("--days", type=int, default=actions.DAYS, help=f"For how long; {actions.DAYS}.")
        listing = verbs.add_parser("list", help="Show all tokens; the secrets can't be shown again.")
        listing.add_argument("--user", help="Only this owner's.")
        revoke = verbs.add_parser("revoke", help="Revoke a token at once, for good.")
        revoke.add_argument("prefix", help="Its first eight digits, as `token list` shows them.")

    def handle(self, **options: Any) -> None:
        """Do what the subcommand says."""
        try:
            getattr(self, options["verb"])(**options)
        except InvalidInput as error:
            raise CommandError(str(error), returncode=2) from None

    def create(self, *, user: str, name: str, days: int, **options: Any) -> None:
        """Print the token alone on standard output, and what it is on standard error."""
        token, text = actions.create(
            user=person(user), name=name, days=days, actor=shell(), reason="made on the command line"
        )
        self.stderr.write(
            f"{user}'s token “{name}”, until {token.expires_at:%Y-%m-%d}. It is shown this once:"
        )
        self.stdout.write(text)

    def list(self, *, user: str | None, **options: Any) -> None:
        """A line per token, newest first."""
        found = ApiToken.objects.select_related("user").order_by("-pk")
        for token in found.filter(user=person(user)) if user else found:
            used = f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            columns = (token.prefix, token.user.get_username(), standing(token), used, token.name)
            self.stdout.write("  ".join(columns))

    def revoke(self, *, prefix: str, **options: Any) -> None:
        """Revoking twice is no error."""
        found = list(ApiToken.objects.filter(prefix=prefix))
        if not found:
            raise InvalidInput({"prefix": f"There is no token “{prefix}”. `token list` shows all."})
        ended = actions.revoke(found, actor=shell(), reason="revoked on the command line")
        self.stdout.write(f"Token {prefix} is revoked." if ended else f"Token {prefix} was revoked before.")


def shell() -> Actor:
    """Whoever has the shell acts as the console itself."""
    return Actor(user=None, door="command")


def standing(token: ApiToken) -> str:
    """Whether it opens anything now."""
    ends = token.revoked_at or token.expires_at
    return f"{actions.closed_because(token) or 'until'} {ends:%Y-%m-%d}"
