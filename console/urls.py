"""Every address of the portal."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from console import errors, people

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/overview"), name="home"),
    path("login", people.sign_in, name="login"),
    path("logout", people.sign_out, name="logout"),
    path("password", people.own_password, name="password"),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
]

handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
