"""Who calls: the owner of a bearer token, or a member of staff signed in to the pages."""

from copy import copy
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from drf_spectacular.authentication import SessionScheme as PlainSessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from ops.access.actors import may_enter
from ops.tokens import actions
from ops.tokens.models import ApiToken


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`, as RFC 6750 has it."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        """The owner and the token; None when the header is of another kind."""
        kind, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        try:
            token = actions.check(text.strip())
        except actions.Unusable as error:
            raise AuthenticationFailed(str(error)) from None
        actions.note_use(token)
        return copy(token.user), token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="Choreo Console"'


class StaffSessionAuthentication(SessionAuthentication):
    """The session of the pages, with its CSRF token on every POST."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Nobody unless a member of staff is signed in."""
        found = super().authenticate(request)
        return found if found and may_enter(found[0]) else None


class SessionScheme(PlainSessionScheme):  # type: ignore[no-untyped-call]
    """How the OpenAPI file names the session of the pages."""

    target_class = "ops.tokens.authentication.StaffSessionAuthentication"
    name = "session"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI file names the tokens."""

    target_class = "ops.tokens.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """RFC 6750."""
        return {"type": "http", "scheme": "bearer", "description": "Made by `manage.py token create`."}
