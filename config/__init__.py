"""The roof: settings, addresses, Celery. Wires the parts together and decides nothing about money."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
