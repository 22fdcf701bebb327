"""What every installation shares. The environment is read here and nowhere else."""

from pathlib import Path

from config.settings import environment as env

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "site"

# --- who we are -----------------------------------------------------------------------------------
SITE_URL = env.address("SITE_URL", default="http://localhost:8000")
WAGTAIL_SITE_NAME = env.text("SITE_NAME", default="Referred")
WAGTAILADMIN_BASE_URL = SITE_URL

SEARCH_ENGINES = env.switch("SEARCH_ENGINES", default=True)  # off: a staging site asks them to stay away

# --- applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "articles",
    "products",
    "tasks",
    "wagtail.contrib.settings",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "products.middleware.RegionChoiceMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]

# --- data -----------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "config.redis_cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "referred",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},  # seconds
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- the page cache -------------------------------------------------------------------------------
PAGE_CACHE = env.switch("PAGE_CACHE", default=True)
PAGE_CACHE_MEGABYTES = env.whole_number(
    "PAGE_CACHE_MEGABYTES", default=64, least=1, most=4096
)  # each process
GENERATION_FILE = env.file_to_share(
    "GENERATION_FILE"
)  # by every process that reads or writes pages, all on one host; none: they ask Redis

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "articles.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"

# --- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.time_zone("TIME_ZONE", default="Europe/London")
USE_I18N = True
USE_TZ = True
WAGTAIL_I18N_ENABLED = False  # regions are data, not locales; it saves nine queries a page

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = Path(env.text("STATIC_ROOT", default=str(ROOT / "var" / "static")))
STATICFILES_DIRS = [SITE / "static"]
COMPONENT_PAGE = False  # `/_components/`, for development and the demo
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", default=str(ROOT / "var" / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.MinifiedStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o644  # the web server reads what the worker wrote

# --- Wagtail --------------------------------------------------------------------------------------
WAGTAILIMAGES_IMAGE_MODEL = "products.Picture"
WAGTAILIMAGES_EXTENSIONS = ["avif", "jpg", "jpeg", "png", "webp"]
WAGTAILDOCS_EXTENSIONS = ["csv", "pdf", "txt", "xlsx"]
WAGTAIL_ENABLE_UPDATE_CHECK = False  # no request to a third party
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = (
    False  # compares revision ids; fingerprints are compared instead
)
WAGTAIL_FINISH_WORKFLOW_ACTION = "articles.workflow_end.publish_what_was_signed"
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "english"}
}
TAGGIT_CASE_INSENSITIVE = True

# --- security -------------------------------------------------------------------------------------
BEHIND_PROXY = env.switch("BEHIND_PROXY", default=False)  # whether to believe what a proxy says of a request
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"  # Django's "same-origin" would hide us from Amazon
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail's preview frames the page
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'self'"],
    },
}

# --- mail -----------------------------------------------------------------------------------------
vars().update(
    {
        name: value
        for name, value in env.email("EMAIL_URL", default="console://").items()
        if name.startswith("EMAIL_")
    }
)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="Referred <referred@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = env.whole_number("EMAIL_TIMEOUT", default=20, least=1, most=120)  # seconds

# --- readers' regions -----------------------------------------------------------------------------
COUNTRY_HEADER = env.header(
    "COUNTRY_HEADER", default=""
)  # in which a CDN says where a reader is; empty: no such header is believed
GEOIP_FILE = env.existing_file(
    "GEOIP_FILE"
)  # a country database in the MaxMind format; none: nothing is guessed

# --- reviews --------------------------------------------------------------------------------------
DIGEST_HOUR = env.whole_number("DIGEST_HOUR", default=7, least=0, most=23)  # o'clock in TIME_ZONE
FLAG_OVERDUE_MINUTES = env.whole_number("FLAG_OVERDUE_MINUTES", default=60, least=1, most=60)

# --- reports of readers ---------------------------------------------------------------------------
PROBLEM_REPORT_DAYS = env.whole_number(
    "PROBLEM_REPORT_DAYS", default=180, least=1, most=3650
)  # after which a reader's words and address are forgotten
PROBLEM_REPORTS_PER_HOUR = env.whole_number(
    "PROBLEM_REPORTS_PER_HOUR", default=5, least=1, most=1000
)  # from one network

# --- link checks ----------------------------------------------------------------------------------
LINK_CHECK_TEMPO = env.number(
    "LINK_CHECK_TEMPO", default=1.0, least=0.00001, most=1.0
)  # the demo turns days into seconds
LINK_CHECK_THREADS = env.whole_number("LINK_CHECK_THREADS", default=16, least=1, most=64)
FETCH_HOSTS: str | None = (
    env.text("FETCH_HOSTS", default="") or None
)  # a file of test targets; production refuses it
RESPECT_ROBOTS_FOR_PRODUCTS = env.switch(
    "RESPECT_ROBOTS_FOR_PRODUCTS", default=False
)  # whether a robots.txt also keeps the checker from the single product pages that editors chose
AMAZON_CREATORS_API = env.key_pairs(
    {area: f"AMAZON_CREATORS_API_{area}" for area in ("NA", "EU", "FE")}
)  # area → credential id and secret; none: Amazon's links are looked at by people
TEST_NETWORKS_ALLOWED = False  # whether `check_urls` may be told to open a network of test servers
FETCH_CONTACT = env.text(
    "FETCH_CONTACT", default=SITE_URL
)  # stands in the User-Agent, so that a shop can reach us

# --- background jobs ------------------------------------------------------------------------------
# Leases in the database redeliver work; Celery's late acknowledgement would re-run a poisonous row for ever.
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 180
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BEAT_SCHEDULER = "tasks.schedule:QuietScheduler"  # plain, keeps no file
CELERY_TIMEZONE = TIME_ZONE

# --- logs -----------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.one_of("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO"),
    },
    "loggers": {"django.request": {"level": "ERROR"}, "django_tasks": {"level": "WARNING"}},
}
