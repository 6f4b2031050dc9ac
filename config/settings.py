"""Every setting, read from the environment. `.env.example` names each variable and what it means."""

import os
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from config import logs, recorded, staff_pages
from config.development import development_flow_key, filesystem_broker

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

LOCAL_DIR = BASE_DIR / env.str("LOCAL_DIR", default=".local")

DEBUG = env.bool("DEBUG", default=False)


def required(name: str, development_value: str) -> str:
    """The value of `name`; with DEBUG on a default, with DEBUG off a refusal to start."""
    value: str = env.str(name, default="").strip()
    if value:
        return value
    if DEBUG:
        return development_value
    raise ImproperlyConfigured(f"{name} is not set. Set it in the environment or in .env, or set DEBUG=1 on a development machine.")


# --- Django ---------------------------------------------------------------------------------------
SECRET_KEY = required("SECRET_KEY", "development-only-secret-key-do-not-use-in-production")
# While the key is changed: what earlier ones signed (sessions) is good as long as they stand here.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = required("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "pgtrigger",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "axes",
    "config.apps.ConfigConfig",
    "customer_data",
    "paynow_integration",
    "offline_payments",
    "flows",
    "desk",
]

MIDDLEWARE = [
    "config.headers.headers_of_every_answer",
    "config.middleware.metrics_door",
    "config.metrics.count_requests",
    "customer_data.correlation.threads_of_requests",
    "config.telemetry.spans_of_requests",
    "django.middleware.security.SecurityMiddleware",
    "config.throttling.throttle_addresses",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.uploads.refuse_large_bodies",  # before anybody reads a body
    "customer_data.who.who_acts_in_requests",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "desk.sign_in.session.ShortSessions",
    "desk.sign_in.second_step.SecondStep",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.card_rule.refuse_card_numbers",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
        },
    },
]

# Chat texts are not HTML: a name with an ampersand must arrive as it is.
TEMPLATES.append(
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "text",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"autoescape": False},
    }
)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "Africa/Harare"
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]
UNFOLD = staff_pages.UNFOLD
LOGIN_REDIRECT_URL = "admin:index"
STATIC_URL = "static/"
STATIC_ROOT = LOCAL_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # a load balancer asks without TLS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # forms carry the token themselves
if not DEBUG and SITE_URL.startswith("https://"):
    # TLS ends at a proxy, which must set this header itself and drop one that a client sends.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # Browsers take these names only over TLS, for this very host and every path of it: no other host can set them for us.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"

# --- Signing in -----------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# A second step for everybody who can move money. On a development machine only for those who have set one up themselves.
STAFF_TWO_FACTOR = not DEBUG or env.bool("STAFF_TWO_FACTOR", default=False)
AXES_HANDLER = "desk.sign_in.lock.SignInLock"
AXES_LOCKOUT_CALLABLE = "desk.sign_in.lock.say_locked"
AXES_CLIENT_IP_CALLABLE = "desk.sign_in.lock.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the moment that the page names stays true
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 30 * 60  # without a click
SESSION_LONGEST_SECONDS = 12 * 60 * 60
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "desk.sign_in.refused.page_is_old"

# --- Engines --------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")

if DATABASE_URL:
    DATABASES = {"default": env.db_url_config(DATABASE_URL, engine="config.postgres")}
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
else:
    DATABASES = {"default": {"ENGINE": "config.embedded_postgres", "NAME": "paydesk"}}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # A request waits for its throttle this long at most; then it goes on uncounted.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"api_key": "600/min", "api_address": "1200/min"},
    "EXCEPTION_HANDLER": "customer_data.api.errors.answer_error",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", default=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Paydesk",
    "DESCRIPTION": "Start payments for bookings and ask how they stand. Amounts follow from the booking and are never sent.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",  # nothing is loaded from elsewhere
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "ENUM_NAME_OVERRIDES": {"PaymentStatus": "customer_data.status.Status"},
}

# --- Secrets at rest ------------------------------------------------------------------------------
# Newest first: the first key seals, every key opens.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
if not FIELD_ENCRYPTION_KEYS and not DEBUG:
    raise ImproperlyConfigured(
        "FIELD_ENCRYPTION_KEYS is not set. Set at least one long random string; it seals the Paynow keys at rest."
    )

# --- Personal data --------------------------------------------------------------------------------
# The page that says what is done with it; named where a customer first writes.
PRIVACY_NOTICE_URL = env.str("PRIVACY_NOTICE_URL", default="")
# After how many days what goes; 0: never. What each is stands in desk/retention.py.
KEEP_DAYS = {
    "UPDATES": env.int("KEEP_UPDATES_DAYS", default=30),
    "TALKS": env.int("KEEP_TALKS_DAYS", default=730),
    "DRAFTS": env.int("KEEP_DRAFTS_DAYS", default=90),
    "FORMS": env.int("KEEP_FORMS_DAYS", default=180),
    "SLIPS": env.int("KEEP_SLIPS_DAYS", default=730),
    "NOTIFICATIONS": env.int("KEEP_NOTIFICATIONS_DAYS", default=730),
    "API_ANSWERS": env.int("KEEP_API_ANSWERS_DAYS", default=90),
    "EXPORTS": env.int("KEEP_EXPORTS_DAYS", default=400),
    "ADMIN_LOG": env.int("KEEP_ADMIN_LOG_DAYS", default=730),
    "SIGN_INS": env.int("KEEP_SIGN_INS_DAYS", default=365),
    "SIGN_IN_ATTEMPTS": env.int("KEEP_SIGN_IN_ATTEMPTS_DAYS", default=30),
    "ENDED_SESSIONS": env.int("KEEP_ENDED_SESSIONS_DAYS", default=1),
    "USED_FORMS": env.int("KEEP_USED_FORMS_DAYS", default=2),
}

# --- The record of changes ------------------------------------------------------------------------
RECORDED = recorded.RECORDED

# --- The business ---------------------------------------------------------------------------------
# On every receipt. A name that nobody set is no reason not to start: the address says whose it is.
BUSINESS_NAME = env.str("BUSINESS_NAME", default="") or ("Example Safaris" if DEBUG else SITE_URL.partition("://")[2])
BUSINESS_ADDRESS = env.str("BUSINESS_ADDRESS", default="")
BUSINESS_CONTACT = env.str("BUSINESS_CONTACT", default="")
BUSINESS_MERCHANT_CODE = env.str("BUSINESS_MERCHANT_CODE", default="")

# --- Payments -------------------------------------------------------------------------------------
# The one line that plugs a gateway in: name -> dotted path of its class.
PAYMENT_GATEWAYS = {
    "paynow": "paynow_integration.gateway.PaynowGateway",
    "offline": "offline_payments.gateway.OfflineGateway",
}

PAYNOW_BASE_URL = env.str("PAYNOW_BASE_URL", default="https://www.paynow.co.zw")
PAYNOW_INTEGRATION_ID = env.str("PAYNOW_INTEGRATION_ID", default="")
PAYNOW_INTEGRATION_KEY = env.str("PAYNOW_INTEGRATION_KEY", default="")
PAYNOW_CURRENCY = env.str("PAYNOW_CURRENCY", default="USD")
PAYNOW_TEST_EMAIL = env.str("PAYNOW_TEST_EMAIL", default="")
# Paynow publishes no limit; its own shop plugin asks every five seconds about every open order.
PAYNOW_POLLS_PER_MINUTE = env.int("PAYNOW_POLLS_PER_MINUTE", default=600)

# A gateway's dispute must be answered within so many days; none says how many.
DISPUTE_ANSWER_DAYS = env.int("DISPUTE_ANSWER_DAYS", default=7)

# --- WhatsApp -------------------------------------------------------------------------------------
WHATSAPP_GRAPH_BASE_URL = env.str("WHATSAPP_GRAPH_BASE_URL", default="https://graph.facebook.com/v25.0").rstrip("/")
WHATSAPP_ACCESS_TOKEN = env.str("WHATSAPP_ACCESS_TOKEN", default="")
WHATSAPP_PHONE_NUMBER_ID = env.str("WHATSAPP_PHONE_NUMBER_ID", default="")
WHATSAPP_BUSINESS_ACCOUNT_ID = env.str("WHATSAPP_BUSINESS_ACCOUNT_ID", default="")
WHATSAPP_APP_SECRET = [
    secret.strip() for secret in required("WHATSAPP_APP_SECRET", "development-app-secret").split(",") if secret.strip()
]
WHATSAPP_VERIFY_TOKEN = env.str("WHATSAPP_VERIFY_TOKEN", default="")
WHATSAPP_FLOW_PRIVATE_KEY = env.str("WHATSAPP_FLOW_PRIVATE_KEY", default="") or (development_flow_key(LOCAL_DIR) if DEBUG else "")
WHATSAPP_FLOW_PRIVATE_KEY_PASSPHRASE = env.str("WHATSAPP_FLOW_PRIVATE_KEY_PASSPHRASE", default="")

# --- Celery ---------------------------------------------------------------------------------------
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # A task that its worker took and never acknowledged comes back after this long; the sweep is usually sooner.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 900,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        # A broker that refuses is tried once more at once: kombu's own six seconds of patience would be the customer's.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
else:
    CELERY_BROKER_URL = "filesystem://localhost//"
    CELERY_BROKER_TRANSPORT = "config.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = filesystem_broker(LOCAL_DIR)
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # its queues outlive a killed worker, and nobody empties a folder
# A worker started without -Q serves all of these.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("default", "payments", "messages")]
CELERY_TASK_ROUTES = {"customer_data.tasks.*": {"queue": "payments"}, "flows.tasks.*": {"queue": "messages"}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False  # the sweep is the retry; a customer's request must not wait for a broker
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(LOCAL_DIR / "clock-schedule")
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 5.0, "options": {"expires": 5}},
    "sweep": {"task": "customer_data.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "send-due-refunds": {"task": "customer_data.tasks.send_due_refunds", "schedule": 15.0, "options": {"expires": 15}},
    "judge-forgotten": {"task": "paynow_integration.tasks.judge_forgotten", "schedule": 60.0, "options": {"expires": 60}},
    "issue-missed-receipts": {"task": "customer_data.tasks.issue_missed_receipts", "schedule": 15.0, "options": {"expires": 15}},
    "issue-every-missed-receipt": {"task": "customer_data.tasks.issue_every_missed_receipt", "schedule": 86_400.0},
    "mark-lapsed-holds": {"task": "customer_data.tasks.mark_lapsed_holds", "schedule": 300.0, "options": {"expires": 300}},
    "seal-changes": {"task": "customer_data.tasks.seal_changes", "schedule": 60.0, "options": {"expires": 60}},
    "check-new-changes": {"task": "customer_data.tasks.check_new_changes", "schedule": 3600.0, "options": {"expires": 3600}},
    "check-the-record": {"task": "customer_data.tasks.check_the_record", "schedule": 86_400.0, "options": {"expires": 3600}},
    "check-the-books": {"task": "customer_data.tasks.check_the_books", "schedule": 86_400.0, "options": {"expires": 3600}},
    "nudge": {"task": "flows.tasks.nudge", "schedule": 600.0, "options": {"expires": 600}},
    "remind": {"task": "flows.tasks.remind", "schedule": 600.0, "options": {"expires": 600}},
    "handle-due": {"task": "flows.tasks.handle_due", "schedule": 5.0, "options": {"expires": 5}},
    "forget-old-updates": {"task": "flows.tasks.forget_old_updates", "schedule": 86400.0, "options": {"expires": 3600}},
    "tell-missed": {"task": "flows.tasks.tell_missed", "schedule": 15.0, "options": {"expires": 15}},
    "sync-flows": {"task": "flows.tasks.sync_flows", "schedule": 3600.0, "options": {"expires": 3600}},
    "update-figures": {"task": "desk.tasks.update_figures", "schedule": 15.0, "options": {"expires": 15}},
    "update-forms": {"task": "desk.tasks.update_forms", "schedule": 120.0, "options": {"expires": 120}},
    "make-figures-again": {"task": "desk.tasks.make_figures_again", "schedule": 86_400.0, "options": {"expires": 3600}},
    "make-due-exports": {"task": "desk.tasks.make_due_exports", "schedule": 15.0, "options": {"expires": 15}},
    "forget-old-exports": {"task": "desk.tasks.forget_old_exports", "schedule": 86_400.0, "options": {"expires": 3600}},
    "keep-to-the-timetable": {"task": "desk.tasks.keep_to_the_timetable", "schedule": 86_400.0, "options": {"expires": 3600}},
    "import-left-statements": {"task": "desk.tasks.import_left_statements", "schedule": 60.0, "options": {"expires": 60}},
    "watch-updates": {"task": "desk.tasks.watch_updates", "schedule": 60.0, "options": {"expires": 60}},
}

# --- Watching -------------------------------------------------------------------------------------
# The folder through which the processes of one machine add up what they count; empty: each tells of itself alone.
# A folder that is not ours to write to counts as none, and so it is for commands: figures must not stop anything.
METRICS_DIR = "" if Path(sys.argv[0]).name == "manage.py" else env.str("METRICS_DIR", default="")
if METRICS_DIR:
    with suppress(OSError):
        Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)
    METRICS_DIR = METRICS_DIR if os.access(METRICS_DIR, os.W_OK) else ""
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
if not env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default=""):
    # redis imports these where they are installed, a third of its own start, only to find that nobody uses them.
    for unused in ("opentelemetry.metrics", "opentelemetry.sdk.metrics"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]  # Python's way to say: not here

# --- Logging --------------------------------------------------------------------------------------
# One JSON object a line in production, plain lines on a development machine. What is said about a request is its path and
# outcome, never its body, its headers or a key.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_readyz": {"()": "config.logs.WithoutReadyz"}},
    "formatters": {
        "line": {"()": "config.logs.PrivateFormatter", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "config.logs.PrivateJson"},
    },
    "handlers": {
        "standard_stream": {
            "class": "logging.StreamHandler",
            "stream": logs.stream_for(sys.argv),
            "formatter": env.str("LOG_FORMAT", default="") or ("line" if DEBUG else "json"),
        }
    },
    "root": {"handlers": ["standard_stream"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # One line every few seconds for each beat of the clock would bury the rest.
        "django.request": {"filters": ["without_readyz"]},
        "axes": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
