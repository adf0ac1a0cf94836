"""The page of one's own API tokens: made here, shown once, revoked."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from ops.access.actors import actor_of, person
from ops.access.guards import page
from ops.access.models import User
from ops.access.roles import exceeds, permissions_of
from ops.operations.submissions import SeeOther
from ops.operations.views import ReasonForm
from ops.platform.errors import InvalidInput
from ops.tokens import actions
from ops.tokens.models import ApiToken

HERE = "/tokens"
OWN, OTHERS = "ops.add_apitoken", "ops.issue_apitoken"


class TokenForm(forms.Form):
    """A wish for a token; the owner can be chosen by people who may create tokens for others."""

    user = forms.CharField(
        label="Owner", max_length=150, help_text="User name. The token may do what its owner may."
    )
    name = forms.CharField(
        label="Name", max_length=100, help_text="What it is for, such as “nightly report”."
    )
    days = forms.IntegerField(
        label="Days until it expires", min_value=1, max_value=actions.MAX_DAYS, initial=actions.DAYS
    )

    def __init__(self, data: Any, *, actor: Any) -> None:
        super().__init__(data, initial={"user": actor.get_username()})
        self.actor = actor
        if not actor.has_perm(OTHERS):
            del self.fields["user"]

    def clean_user(self) -> User:
        """Somebody who may no more than the actor: the token would be a way to more."""
        owner: User = self.person()
        if owner != self.actor and exceeds(permissions_of(owner), self.actor):
            raise forms.ValidationError(f"{owner} may do more than you, so you can't hold their token.")
        return owner

    def person(self) -> Any:
        """The user of that name."""
        try:
            return person(self.cleaned_data["user"])
        except InvalidInput as error:
            raise forms.ValidationError(error.fields["user"]) from None

    def clean(self) -> dict[str, Any]:
        """Two usable tokens of one name couldn't be told apart; so a form sent twice makes one token, too."""
        wish: dict[str, Any] = {"user": self.actor, **self.cleaned_data}
        owned = ApiToken.objects.filter(user=wish["user"], name=wish.get("name", ""), revoked_at=None)
        if any(not actions.closed_because(token) for token in owned.select_related("user")):
            self.add_error("name", "There is a token of this name. Revoke it first, or choose another name.")
        return wish


@require_http_methods(["GET", "HEAD", "POST"])
@page(OWN)
def own_tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens, newest first, and a form for another."""
    owner: Any = request.user
    form = TokenForm(request.POST or None, actor=owner)
    if request.method == "POST" and form.is_valid():
        try:
            return create(request, form.cleaned_data)
        except InvalidInput as error:
            for name, text in error.fields.items():
                form.add_error(name if name in form.fields else None, text)
    found = ApiToken.objects.filter(user=owner).select_related("user").order_by("-pk")
    rows = [(token, actions.closed_because(token)) for token in found]
    context = {"title": "API tokens", "form": form, "rows": rows}
    return render(request, "ops/tokens.html", context, status=400 if form.errors else 200)


def create(request: HttpRequest, wish: dict[str, Any]) -> HttpResponse:
    """Make it, and show it in the answer itself: a redirect would have to keep the secret somewhere."""
    actor = actor_of(request, door="page")
    token, text = actions.create(**wish, actor=actor, reason="made on the page of API tokens")
    about = {"title": f"Token {token.name}", "token": token, "text": text}
    return render(request, "ops/token_made.html", about)


@require_http_methods(["GET", "HEAD", "POST"])
@page(OWN)
def own_token(request: HttpRequest, prefix: str) -> HttpResponse:
    """One of one's own tokens, and its end."""
    owner: Any = request.user
    token = get_object_or_404(ApiToken.objects.filter(user=owner), prefix=prefix)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = actor_of(request, door="page")
        ended = actions.revoke([token], actor=actor, reason=form.cleaned_data["reason"])
        messages.success(request, f"The token {token} {'is revoked' if ended else 'was revoked before'}.")
        return SeeOther(HERE)
    context = {
        "title": f"Token {token}",
        "token": token,
        "standing": actions.standing(token),
        "form": None if token.revoked_at else form,
        "back": HERE,
    }
    return render(request, "ops/token.html", context, status=400 if form.errors else 200)
