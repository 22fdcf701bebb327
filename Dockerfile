# One image for web, worker, links, beat and migrate. Build: docker compose build
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes -r requirements.txt

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app:/app/site DJANGO_SETTINGS_MODULE=config.settings.production
RUN useradd --create-home --uid 10001 referred
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY site ./site
COPY products ./products
COPY articles ./articles
COPY tasks ./tasks
# collectstatic needs settings that start, not services: these values reach no running container
RUN SECRET_KEY=$(python -c "print('-' * 50)") ALLOWED_HOSTS=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    STATIC_ROOT=/app/var/static python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir -p /app/var/media && chown -R referred /app/var/media
USER referred
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "1", \
     "--static-path-route", "/media", "--static-path-mount", "var/media", "config.wsgi:application"]
