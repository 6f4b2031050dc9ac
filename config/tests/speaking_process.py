"""A process with a failing view and a task, for what it tells Sentry and OpenTelemetry."""

import logging
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.tests.settings")

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path

PHONE, BODY, HEADER, LOCAL, QUERY = "+263771234567", "the-raw-body", "the-header", "the-local-value", "the-query-value"
THREAD = "00c0ffee00c0ffee"


def fail(request: HttpRequest) -> HttpResponse:
    secret = LOCAL
    raise ValueError(f"It was {PHONE} who failed after {len(secret)} letters")


def go_on(request: HttpRequest) -> HttpResponse:
    """A request that begins elsewhere and takes up a payment's thread, as a status update does."""
    from customer_data import correlation  # noqa: PLC0415  Django is set up by now

    correlation.take_up(THREAD)
    correlation.step(
        logging.getLogger("speaking"), "gateway called", gateway="paynow", call="trace", outcome="OutcomeUnknown", ms=250
    )
    return HttpResponse("done")


urlpatterns: list[Any] = [path("fail/", fail, name="fail"), path("thread/", go_on, name="thread")]


def main() -> None:
    django.setup()
    from celery import shared_task  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.contrib import admin  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from customer_data import correlation  # noqa: PLC0415

    settings.ROOT_URLCONF = __name__
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"  # there may be no table to look into
    urlpatterns.append(path("admin/", admin.site.urls))

    @shared_task(name="speaking.task")
    def speak() -> None:
        correlation.take_up(THREAD)

    web = Client(raise_request_exception=False)
    web.post(
        f"/fail/?{QUERY}=1", BODY, content_type="text/plain", headers={"Authorization": HEADER, "Cookie": f"sessionid={HEADER}"}
    )
    web.get("/thread/")
    speak.apply()
    with correlation.thread(THREAD):
        logging.getLogger("speaking").error("A message to %s was not sent.", PHONE)


if __name__ == "__main__":
    main()
