"""Signing in without the entry that signing in leaves."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from ops.access.models import User


def enter(client: Client, user: User) -> Client:
    """The client with a session of the person."""
    client.cookies.clear()
    session = client.session
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "ops.access.rights.RightsBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return client
