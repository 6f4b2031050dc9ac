"""Every address, in one place. Each part brings its own under `/crm-api/`."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.health import healthz, readyz
from config.start import sign_in, start

urlpatterns = [
    path("", start, name="start"),
    path("start/sign-in/", sign_in, name="start-sign-in"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/second-step/", include("desk.sign_in.urls")),
    path("admin/", admin.site.urls),
    path("crm-api/", include("customer_data.urls")),
    path("crm-api/", include("paynow_integration.urls")),
    path("crm-api/", include("flows.urls")),
    path("crm-api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("crm-api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
]
