"""Fixtures for every part: a real Redis, started on demand."""

pytest_plugins = ["config.tests.redis_server"]
