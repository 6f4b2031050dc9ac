"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

import logging.config
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("paydesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would close the database's connection before and after every task; making it anew costs more than most tasks.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize


@setup_logging.connect
def log_like_the_web(**_: Any) -> None:
    """Worker and clock write the lines that `settings.LOGGING` describes; Celery would bring its own."""
    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
@task_postrun.connect
def keep_good_connections(task: Any, **_: Any) -> None:
    """As around a request: a connection stays, unless it is too old (`CONN_MAX_AGE`) or no longer of use."""
    if not task.request.is_eager:
        close_old_connections()
