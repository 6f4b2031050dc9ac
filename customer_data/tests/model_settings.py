"""How long the model is tried, and with which clock."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from customer_data.tests.machine import Shop
from customer_data.tests.model import Clock


def bounded(*, examples: int) -> settings:
    """So many sequences of thirty steps; `MODEL_TIMES=50` tries fifty times as many."""
    return settings(
        max_examples=examples * int(os.environ.get("MODEL_TIMES", "1")),
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


@contextmanager
def a_clock_that_waits() -> Iterator[None]:
    """Time passes only when a step says so; nothing is logged, for speed."""
    Shop.clock = Clock()
    logging.disable(logging.CRITICAL)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", Shop.clock.now)
            yield
    finally:
        logging.disable(logging.NOTSET)


def try_sequences(shop: type[Shop], how: settings) -> None:
    """Fails with the shortest sequence of steps that breaks a line of the model."""
    with a_clock_that_waits():
        run_state_machine_as_test(shop, settings=how)
