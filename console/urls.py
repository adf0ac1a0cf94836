"""Every address of the portal."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from console import errors, people, probes
from console.overview import overview
from console.preferences import preferences
from console.search import search
from ops.operations.views import operate

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/overview"), name="home"),
    path("overview", overview, name="overview"),
    path("search", search, name="search"),
    path("healthz", probes.alive, name="healthz"),
    path("readyz", probes.ready, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("login", people.sign_in, name="login"),
    path("logout", people.sign_out, name="logout"),
    path("password", people.own_password, name="password"),
    path("preferences", preferences, name="preferences"),
    path("api", RedirectView.as_view(url="/api/")),
    path("api/", include("console.api_urls")),
    path("", include("ops.urls")),
    path("ops/operate/<str:verb>", operate, name="operate"),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/login/", RedirectView.as_view(url="/login", query_string=True)),
    path("admin/logout/", people.sign_out),
    path("admin/password_change/", RedirectView.as_view(url="/password")),
    path("admin/password_change/done/", RedirectView.as_view(url="/password")),
    path("", admin.site.urls),
]

handler400 = errors.malformed
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
