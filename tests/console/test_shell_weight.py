"""What a page costs before its content: styles, scripts, length of files."""

import gzip
import re
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.staticfiles import finders
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "console/static/console"
TEMPLATES = ROOT / "templates"


def weight(paths: list[str]) -> int:
    """Bytes on the wire, each file compressed by itself."""
    files = [Path(str(finders.find(path))) for path in paths]
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def named(template: str) -> list[str]:
    return re.findall(r'{% static "([^"]+)" %}', (TEMPLATES / template).read_text())


def test_all_styles_are_at_most_thirty_kilobytes() -> None:
    paths = [*named("console/_styles.html"), "console/css/django.css", "admin/css/base.css"]
    assert len(paths) >= 13
    assert weight(paths) <= 30_000


def test_all_scripts_are_at_most_forty_kilobytes() -> None:
    htmx = ["django_htmx/htmx-2.min.js", "django_htmx/django-htmx.js"]
    assert weight([*named("console/_scripts.html"), "console/js/theme.js", *htmx]) <= 40_000


def test_every_stylesheet_and_script_is_used() -> None:
    pages = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")]
    linked = {path for page in pages for path in named(page)}
    linked |= {path for one in admin.site._registry.values() for path in getattr(one, "scripts", ())}
    there = {f"console/{path.relative_to(STATIC).as_posix()}" for path in STATIC.glob("*/*")}
    assert there <= linked


def test_every_static_file_that_a_template_names_gets_its_name_with_a_hash(
    tmp_path: Path, settings: Any
) -> None:
    production = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": production}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["drf_spectacular_sidecar"])
    storage: Any = storages["staticfiles"]
    pages = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")]
    names = {path for page in pages for path in named(page) if not path.startswith("drf_spectacular_sidecar")}
    hashed = [tmp_path / storage.stored_name(name) for name in names]
    assert all(path.exists() and path.name.count(".") >= 2 for path in hashed)
    styles = (tmp_path / storage.stored_name("console/css/django.css")).read_text()
    assert re.search(r'@import url\("\.\./\.\./admin/css/base\.\w{12}\.css"\) layer\(django\);', styles)


def test_the_sign_in_page_needs_nothing_from_elsewhere(client: Client, db: None) -> None:
    text = client.get("/login").content.decode()
    assert not re.findall(r'(?:src|href|action)="(?!/|\?|#)[^"]*"', text)
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', text))
