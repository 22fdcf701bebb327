"""Promises of the whole project: its tree, its settings, and the files that start it in production."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SECRET = "s" * 50
PRODUCTION = {
    "DATABASE_URL": "postgresql://referred:secret@db.example:5432/referred",
    "REDIS_URL": "redis://valkey.example:6379/0",
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "referred.example",
    "SITE_URL": "https://referred.example",
}

# --- the tree -------------------------------------------------------------------------------------


def test_site_is_a_folder_on_the_path_and_never_a_package():
    assert not (ROOT / "site" / "__init__.py").exists()
    import site

    assert Path(site.__file__) != ROOT / "site"
    assert find_spec("config").origin == str(ROOT / "site" / "config" / "__init__.py")


def test_git_does_not_ignore_the_folder_site():
    patterns = {line.strip().strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert "site" not in patterns
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", "site/config/settings/base.py"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert asked.returncode in {1, 128}  # not ignored; 128 where this is no checkout


def test_nothing_outside_the_settings_reads_the_environment():
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("products", "articles", "site/config")
        for path in (ROOT / folder).rglob("*.py")
        if any(word in path.read_text() for word in ("os.environ", "getenv"))
    ]
    # the docstring that says so, and the two entry points that name the settings module
    assert set(readers) <= {"site/config/settings/environment.py", "site/config/wsgi.py"}


# --- the settings ---------------------------------------------------------------------------------


SHOWN = (
    "DEBUG",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "FETCH_HOSTS",
    "LINK_CHECK_TEMPO",
)


def start(module: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """A process that reads its settings, as `manage.py`, granian and Celery do first; it prints some as JSON."""
    code = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {SHOWN}]))"
    values = {"PYTHONPATH": "site", "DJANGO_SETTINGS_MODULE": f"config.settings.{module}", **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={name: value for name, value in values.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["production", "dev", "test"])
def test_settings_start_where_every_value_is_right(module):
    done = start(module, **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, "")


WRONG = [
    ("base", "DATABASE_URL", None),
    ("base", "DATABASE_URL", ""),
    ("base", "DATABASE_URL", "sqlite:///db.sqlite3"),
    ("base", "DATABASE_URL", "mysql://a:b@c/d"),
    ("base", "DATABASE_URL", "nonsense"),
    ("base", "REDIS_URL", None),
    ("base", "REDIS_URL", "http://valkey:6379"),
    ("base", "AMAZON_CREATORS_API_EU", "an id without a secret"),
    ("base", "AMAZON_CREATORS_API_NA", "id:"),
    ("base", "SITE_URL", "referred.example"),
    ("base", "SITE_URL", "ftp://referred.example"),
    ("base", "COUNTRY_HEADER", "CF IPCountry"),
    ("base", "COUNTRY_HEADER", "CF_IPCountry"),
    ("base", "GEOIP_FILE", "/nowhere/countries.mmdb"),
    ("base", "GENERATION_FILE", "/nowhere/generation"),
    ("base", "GENERATION_FILE", "generation"),
    ("base", "LINK_CHECK_TEMPO", "fast"),
    ("base", "LINK_CHECK_TEMPO", "0"),
    ("base", "LINK_CHECK_TEMPO", "2"),
    ("base", "LINK_CHECK_TEMPO", "nan"),
    ("base", "LINK_CHECK_THREADS", "0"),
    ("base", "LINK_CHECK_THREADS", "65"),
    ("base", "LINK_CHECK_THREADS", "many"),
    ("base", "LOG_LEVEL", "LOUD"),
    ("base", "EMAIL_URL", "pigeon://roof"),
    ("base", "EMAIL_URL", "smtp+tls://user:secret@mail.example:587"),
    ("base", "TIME_ZONE", "Europe/Nowhere"),
    ("dev", "DEBUG", "perhaps"),
    ("production", "SECRET_KEY", None),
    ("production", "SECRET_KEY", "s" * 49),
    ("production", "ALLOWED_HOSTS", None),
    ("production", "ALLOWED_HOSTS", " , "),
    ("production", "FETCH_HOSTS", "/tmp/fetch_hosts"),
    ("production", "LINK_CHECK_TEMPO", "0.5"),
    ("production", "SSL_REDIRECT", "perhaps"),
    ("production", "HSTS_SECONDS", "-1"),
    ("production", "BEHIND_PROXY", "perhaps"),
]


@pytest.mark.parametrize(("module", "name", "value"), WRONG)
def test_a_wrong_value_stops_the_start_with_one_sentence_that_names_it(module, name, value):
    module = "production" if module == "base" else module
    done = start(module, **{**PRODUCTION, name: value})
    assert done.returncode == 1, done.stdout[-300:]
    assert done.stderr.startswith("Referred cannot start. ")
    assert name in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr


@pytest.mark.parametrize(
    "url", ["smtp://mail:1025", "submission://user:secret@mail.example:587", "console://"]
)
def test_mail_is_sent_in_the_ways_that_the_example_names(url):
    assert start("production", **PRODUCTION, EMAIL_URL=url).returncode == 0


def test_production_is_secure_without_being_asked():
    done = start("production", **PRODUCTION)
    assert dict(zip(SHOWN, json.loads(done.stdout), strict=True)) == {
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "FETCH_HOSTS": None,
        "LINK_CHECK_TEMPO": 1.0,
    }


# --- what starts it -------------------------------------------------------------------------------


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {
        name: command.strip() for name, _, command in (line.partition(":") for line in lines if line.strip())
    }


def without_address(command: str) -> list[str]:
    """A command without the options that say where it listens."""
    words = iter(command.split())
    kept = []
    for word in words:
        if word in {"--host", "--port"}:
            next(words)
        else:
            kept.append(word)
    return kept


def test_the_compose_file_follows_the_compose_specification():
    done = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_production_runs_the_commands_that_the_procfile_runs():
    services = compose()["services"]
    ours = {name for name, service in services.items() if service.get("build")} - {"migrate"}
    assert set(procfile()) == ours == {"web", "worker", "links", "beat"}
    for name, command in procfile().items():
        assert without_address(services[name]["command"]) == without_address(command), name


def test_every_queue_has_a_worker():
    taken = {
        queue
        for words in (command.split() for command in procfile().values())
        if "--queues" in words
        for queue in words[words.index("--queues") + 1].split(",")
    }
    assert taken == {"default", "links", "shops"}


def test_no_secret_stands_in_the_compose_file_and_every_variable_is_explained():
    example = (ROOT / ".env.example").read_text()
    text = (ROOT / "docker-compose.yml").read_text()
    assert "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?" in text
    for name in ("POSTGRES_PASSWORD", "SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS"):
        assert f"\n{name}=" in example
    assert "\nPOSTGRES_PASSWORD=\n" in example
    assert "\nSECRET_KEY=\n" in example


@pytest.mark.parametrize("name", ["web", "worker", "links", "beat", "migrate"])
def test_our_containers_may_do_little(name):
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if name != "migrate":
        assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_a_worker_has_time_to_finish_its_round_when_it_is_stopped():
    assert all(compose()["services"][name]["stop_grace_period"] == "60s" for name in ("worker", "links"))
