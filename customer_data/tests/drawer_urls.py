"""The house's addresses, and the two that every gateway brings: here the drawer's."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def _nobody_home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=404)


urlpatterns = [
    path("drawer/return/", _nobody_home, name="drawer-return"),
    path("drawer/notify/", _nobody_home, name="drawer-notify"),
    path("", include("config.urls")),
]
