"""Every address, in one place. Each part brings its own under `/crm-api/`."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("crm-api/", include("customer_data.urls")),
    path("crm-api/", include("paynow_integration.urls")),
    path("crm-api/", include("flows.urls")),
]
