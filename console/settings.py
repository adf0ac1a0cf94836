"""Settings of the console, read from the environment (names: docs/deployment.md)."""

import logging
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import django_stubs_ext
from celery.schedules import schedule
from csp.constants import NONE, SELF
from environ import Env
from kombu.transport import TRANSPORT_ALIASES

from console import __version__, cache_settings, logs
from console.environment import BIND_FORM, HOST, ORIGIN, SCHEMA, Environment, split
from ops.engine.postgresql.driver import PatientConnection

django_stubs_ext.monkeypatch()  # makes Django's generic classes subscriptable at run time

env = Environment(os.environ)
BASE_DIR = Path(__file__).resolve().parent.parent
# Every file that the console makes lies here; logs go to standard error.
VAR_DIR = env.folder("CONSOLE_VAR", BASE_DIR / "var")
DEMO_DATABASE_URL = f"sqlite:///{VAR_DIR / 'demo.sqlite3'}"
YEAR = 366  # days: more is rather a mistake than meant

# -- what the operator says -----------------------------------------------------------------------------
DATABASE_URLS = "Write sqlite:////path/to/choreo.db or postgresql://user:password@host/database."
DATABASE_URL = env.url(
    "CONSOLE_DATABASE_URL", DEMO_DATABASE_URL, ("sqlite", "postgresql", "postgres"), DATABASE_URLS
)
IS_DEMO = DATABASE_URL == DEMO_DATABASE_URL
ENVIRONMENT = env.text("CONSOLE_ENVIRONMENT", "demo" if IS_DEMO else "local")
SIBLINGS = env.pairs("CONSOLE_SIBLINGS")
ENGINE_SCHEMA = env.matching(
    "CONSOLE_ENGINE_SCHEMA", "public", SCHEMA, "Write a schema's name in lower-case letters, digits and _."
)
DEBUG = env.flag("CONSOLE_DEBUG")
ALLOWED_HOSTS = env.items(
    "CONSOLE_ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    HOST,
    "Write host names alone, without https:// or a port, separated by commas.",
)
SECRET_KEY_FALLBACKS = split(env.secret("CONSOLE_SECRET_KEY_FALLBACKS"))
HTTPS = env.flag("CONSOLE_HTTPS")
PROXIES = env.number("CONSOLE_PROXIES", 0, low=0, high=20)
METRICS_TOKEN = env.secret("CONSOLE_METRICS_TOKEN")
PORT = env.number("PORT", 8000, low=1, high=65_535)
BIND = env.matching(
    "CONSOLE_BIND", f"127.0.0.1:{PORT}", BIND_FORM, "Write address:port or unix:/path/to/socket."
)


def demo_secret_key() -> str:
    """A key of the demo's own, kept beside its database so that sessions survive a restart."""
    path = VAR_DIR / "secret-key"
    try:
        if not path.exists():
            VAR_DIR.mkdir(exist_ok=True)
            path.write_text(secrets.token_urlsafe(50))
            path.chmod(0o600)
        return path.read_text()
    except OSError as error:
        env.fault("CONSOLE_VAR", f"{path}: {error.strerror}.", "Name a folder that this user may write to.")
        return ""


SECRET_KEY = env.secret("CONSOLE_SECRET_KEY") or (demo_secret_key() if IS_DEMO else "")
if not SECRET_KEY:
    env.fault(
        "CONSOLE_SECRET_KEY",
        "it is not set, and only the demo has a key of its own.",
        "Write 50 random characters or more.",
    )
    SECRET_KEY = secrets.token_urlsafe(50)  # for the check that tells of it

# -- database: the engine's own ---------------------------------------------------------------------------
STATEMENT_TIMEOUT_SECONDS = env.number("CONSOLE_STATEMENT_TIMEOUT_SECONDS", 15, low=0, high=3_600)
DATABASE_POOL = env.flag("CONSOLE_DATABASE_POOL")
DATABASE_POOL_SIZE = env.number("CONSOLE_DATABASE_POOL_SIZE", 10, low=1, high=1_000)


def sqlite_options() -> dict[str, Any]:
    """The engine waits while we write, and a deferred transaction fails beside it: begin IMMEDIATE."""
    return {"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": "PRAGMA journal_mode=WAL"}


def postgresql_options() -> dict[str, Any]:
    """Our tables live in the schema `console`; the engine's are found behind it on the search path."""
    timeout = STATEMENT_TIMEOUT_SECONDS * 1000
    options = {
        "connect_timeout": 5,
        # A server that vanished is noticed by the kernel; one that says nothing by our own backend.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "choreo-console",
        "options": f"-c search_path=console,{ENGINE_SCHEMA} -c statement_timeout={timeout}"
        " -c client_connection_check_interval=5000 -c jit=off",
    }
    if DATABASE_POOL:
        # Without a database a request holds a thread for `timeout`. A pool that goes on trying waits longer
        # each time: it gives up after `reconnect_timeout`, and the next request tries again.
        options["pool"] = {
            "min_size": 1,
            "max_size": DATABASE_POOL_SIZE,
            "timeout": 2,
            "reconnect_timeout": 5,
            "connection_class": PatientConnection,
        }
    return options


def database(url: str) -> dict[str, Any]:
    """Django's dictionary for `sqlite:///path` or `postgresql://…`."""
    try:
        config: dict[str, Any] = dict(Env.db_url_config(url))
    except ValueError:  # a port that is no number
        config = {"NAME": ""}
    if config["NAME"] in {"", ":memory:"}:
        env.fault("CONSOLE_DATABASE_URL", "it names no database.", DATABASE_URLS)
        return {"ENGINE": "django.db.backends.dummy"}
    if config["ENGINE"].endswith("sqlite3"):
        config["NAME"] = str(Path(config["NAME"]).absolute())
        config["OPTIONS"] = sqlite_options()
        config["TEST"] = {"NAME": f"{config['NAME']}.test"}
        return config
    config["ENGINE"] = "ops.engine.postgresql"
    config["CONN_HEALTH_CHECKS"] = True  # a pool would hand out connections that a restart has cut
    config["HOST"] = unquote(config["HOST"])  # a socket's folder is written %2Fpath
    config["OPTIONS"] = {**config.get("OPTIONS", {}), **postgresql_options()}
    return config


DATABASES = {"default": database(DATABASE_URL)}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

VERSION = __version__

# -- Django -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "console",
    "functions",
    "runs",
    "events",
    "ops",
    "console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_structlog",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.proxies.ForwardedForMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "console.malformed.MalformedRequestMiddleware",
    "console.unavailable.UnavailableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "console.hosts.HostMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.context.shell",
            ],
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static-root"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names with a hash, kept by browsers for ever; `collectstatic` makes them. Without it: CONSOLE_DEBUG.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# -- people -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "ops.User"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/overview"
LOGOUT_REDIRECT_URL = "/login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "ops.access.rights.RightsBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_AGE = env.number("CONSOLE_SESSION_HOURS", 12, low=1, high=24 * YEAR) * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes come from inside, without the proxy
# W005, W021: HSTS for the host's subdomains and for browsers' preload lists is not the console's to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CSRF_TRUSTED_ORIGINS = env.items(
    "CONSOLE_TRUSTED_ORIGINS", [], ORIGIN, "Write https://host, without a path, separated by commas."
)
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # an operation takes 1,000 ids, and says so itself when given more
AXES_FAILURE_LIMIT = env.number("CONSOLE_LOGIN_FAILURES", 5, low=1, high=1_000)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_HANDLER = "console.lockout.LockoutHandler"
AXES_LOCKOUT_PARAMETERS = "console.lockout.counted_by"
AXES_CLIENT_IP_CALLABLE = "console.lockout.address_of"
AXES_SENSITIVE_PARAMETERS = ["username", "old_password", "new_password1", "new_password2"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_TEMPLATE = "429.html"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ops.tokens.authentication.BearerAuthentication",
        "ops.tokens.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ops.api.permissions.HasPermission"],
    "DEFAULT_FILTER_BACKENDS": ["ops.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "ops.api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["ops.api.throttles.CallerThrottle", "ops.api.throttles.VisitorThrottle"],
    "DEFAULT_THROTTLE_RATES": {"caller": "3000/min", "visitor": "120/min"},
    "DEFAULT_RENDERER_CLASSES": ["ops.api.renderers.JSONRenderer", "ops.api.renderers.BrowsableRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ops.api.parsers.JSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "ops.api.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "ops.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "ops.api.errors.answer",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Choreo Console",
    "VERSION": VERSION,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "console.api_examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AuditOutcomeEnum": "ops.audit.models.AuditEntry.Outcome",
        "OutcomeEnum": ["done", "skipped", "failed"],
        "RunStateEnum": "runs.states.State",
        "RunStatusEnum": "runs.states.Status",
    },
}

# -- jobs -------------------------------------------------------------------------------------------------
JOB_ITEMS_LIMIT = env.number("CONSOLE_JOB_ITEMS_LIMIT", 10_000_000, low=1, high=2_000_000_000)
JOBS_LIMIT = env.number("CONSOLE_JOBS_LIMIT", 20, low=1, high=1_000)
JOB_DRAFT_HOURS = env.number("CONSOLE_JOB_DRAFT_HOURS", 24, low=1, high=24 * YEAR)

# -- housekeeping: how long things are kept ---------------------------------------------------------------
IDEMPOTENCY_HOURS = env.number("CONSOLE_IDEMPOTENCY_HOURS", 24, low=1, high=24 * YEAR)
LOGIN_FAILURE_DAYS = env.number("CONSOLE_LOGIN_FAILURE_DAYS", 30, low=1, high=10 * YEAR)
DISCARDED_JOB_DAYS = env.number("CONSOLE_DISCARDED_JOB_DAYS", 30, low=1, high=10 * YEAR)

# -- Celery -----------------------------------------------------------------------------------------------


def broker_options(scheme: str) -> dict[str, Any]:
    """A limit on every wait, and no second try: what isn't sent now is sent by the sweeper."""
    if scheme.startswith("redis"):
        limits = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
        return {"visibility_timeout": 300, "max_retries": 0, **limits}
    if scheme in {"amqp", "amqps", "pyamqp"}:
        limits = {"read_timeout": BROKER_SECONDS, "write_timeout": BROKER_SECONDS}
        return {"connect_timeout": BROKER_SECONDS, "max_retries": 0, **limits}
    return {}


CELERY_BROKER_URL = env.url(
    "CONSOLE_BROKER_URL",
    f"sqla+sqlite:///{VAR_DIR / 'broker.sqlite3'}",
    TRANSPORT_ALIASES,
    "Write redis://host:6379/0 or amqp://user:password@host//.",
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that takes everything and says nothing must not hold a page for longer than this.
BROKER_SECONDS = 2
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_SECONDS
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(urlsplit(CELERY_BROKER_URL).scheme)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
# What the schedule sends is short and mustn't wait behind the turns of jobs: it has a queue of its own. It
# doesn't expire: a worker whose clock is ahead would do none of it.
PERIODIC = "periodic"
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {"celery": {}, PERIODIC: {}}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "environment-health": {"task": "ops.health.tasks.measure_health", "schedule": schedule(30.0)},
    "expire-drafts": {"task": "ops.jobs.tasks.expire_drafts", "schedule": schedule(600.0)},
    # Every hour, because a schedule that runs in the daytime only would miss any one hour.
    "housekeeping": {"task": "console.tasks.clean_up", "schedule": schedule(3600.0)},
    "sweep-jobs": {"task": "ops.jobs.tasks.sweep", "schedule": schedule(5.0)},
}
CELERY_TASK_ROUTES = {entry["task"]: {"queue": PERIODIC} for entry in CELERY_BEAT_SCHEDULE.values()}

# -- caches: what processes share -------------------------------------------------------------------------
CACHE_URL = env.url(
    "CONSOLE_CACHE_URL",
    CELERY_BROKER_URL if CELERY_BROKER_URL.startswith(("redis://", "rediss://")) else "memory://",
    cache_settings.SCHEMES,
    "Write redis://host:6379/0, or memory:// for a cache of each process.",
)
CACHES = cache_settings.caches_at(CACHE_URL, owner=f"{__version__} {SECRET_KEY} {DATABASE_URL}")

# -- logs -------------------------------------------------------------------------------------------------
LOG_LEVEL = env.choice("CONSOLE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = logs.configure(readable=IS_DEMO, level=LOG_LEVEL)
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line per request: that of its end
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_USER_ID_FIELD = ""  # console.request_log names the person without a query
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG

# -- what of all this can't be used: `console.checks` tells of it ------------------------------------------
FAULTS = env.faults
UNREAD = env.unknown("CONSOLE_")
