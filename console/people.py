"""Signing in and out, and their own password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from console.lockout import remember_device
from ops.access.actors import actor_of, may_enter
from ops.access.guards import is_staff, page
from ops.audit import log


class SignInForm(AuthenticationForm):
    """Refuses people who may not use the console as it refuses a wrong password."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Ask what every other door asks."""
        if not may_enter(user):
            raise self.get_invalid_login_error()


class SignIn(LoginView):
    """/login: for people who may use the console; django-axes counts the failures (console/lockout.py)."""

    template_name = "console/sign_in.html"
    authentication_form = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who is in already goes on; who is signed in but may not use the console may try as another."""
        if is_staff(request):
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Strangers who guess this name can't keep this browser out from now on."""
        response = super().form_valid(form)
        remember_device(response, form.get_user().get_username())
        return response


class OwnPasswordForm(PasswordChangeForm):
    """Asks for the old password as signing in does, so that wrong ones are counted and audited alike."""

    def __init__(self, user: Any, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """The old password, if it is right and guessing isn't closed."""
        old = str(self.cleaned_data["old_password"])
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class OwnPassword(PasswordChangeView):
    """/password: every signed-in person changes their own."""

    template_name = "console/password.html"
    form_class = OwnPasswordForm
    success_url = "/password"

    def get_form_kwargs(self) -> dict[str, Any]:
        """With the request, under whose address and device wrong passwords are counted."""
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """The new password and its audit entry in one transaction."""
        with transaction.atomic():
            response = super().form_valid(form)
            log.record(actor=actor_of(self.request, door="page"), verb="users.change_password")
        messages.success(self.request, "Your password was changed. Your other sessions were signed out.")
        return response


sign_in = SignIn.as_view(extra_context={"title": "Sign in"})
sign_out = LogoutView.as_view()
own_password = page(None)(OwnPassword.as_view(extra_context={"title": "Change password"}))
