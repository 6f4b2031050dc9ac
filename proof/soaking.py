"""The hour itself: customers at an even pace, and a look at every process each second."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import psutil

from customer_data.models import Payment
from customer_data.status import Status
from proof.cast import Cast, set_the_stage
from proof.customers import Customers
from proof.driving import place_of
from proof.form import Story
from proof.plan import Plan
from proof.settling import settle
from proof.stage import Stage
from proof.wire import Http

KINDS = ("web", "worker", "clock")
LOOK_SECONDS = 1.0
AT_ONCE = 6
LAST_SECONDS = 60.0
"""For those who approve last to be seen paid."""
MEBIBYTE = 1024 * 1024


def soak(stage: Stage, plan: Plan, *, seconds: float) -> dict[str, Any]:
    """Runs `plan` over `seconds`. Memory: resident, with children, in MiB, medians of the second and last fifth, and the most."""
    samples = asyncio.run(_hour(stage, plan, set_the_stage(plan), seconds))
    return {
        "memories": [{"name": name, **_memory(values)} for name, values in sorted(samples.items())],
        "paid": Payment.objects.filter(status=Status.SUCCESSFUL).count(),
        "payments": len(plan.journeys),
        "restarts": sum(stage.restarts().values()),
    }


async def _hour(stage: Stage, plan: Plan, cast: Cast, seconds: float) -> Mapping[str, Sequence[int]]:
    http = Http()
    customers = Customers(plan, cast, place_of(stage), http=http)
    await customers.prepare()
    began, ended = time.monotonic(), 0

    async def keep_pace(story: Story) -> None:
        nonlocal ended
        ended += 1
        await asyncio.sleep(max(0.0, began + ended * seconds / len(plan.journeys) - time.monotonic()))

    looking = asyncio.create_task(_look(stage, began + seconds))
    await customers.live(at_once=AT_ONCE, on_ended=keep_pace)
    samples = await looking
    await settle(http, paynow_url=stage.paynow_url, phone_url=stage.phone_url, seconds=LAST_SECONDS)
    http.close()
    return samples


async def _look(stage: Stage, until: float) -> Mapping[str, Sequence[int]]:
    samples: dict[str, list[int]] = defaultdict(list)
    while time.monotonic() < until:
        for name, process_id in stage.process_ids().items():
            if name.rstrip("0123456789") in KINDS:
                samples[name].append(_resident(process_id))
        await asyncio.sleep(LOOK_SECONDS)
    return samples


def _resident(process_id: int) -> int:
    family = psutil.Process(process_id)
    return sum(each.memory_info().rss for each in (family, *family.children(recursive=True)))


def _memory(values: Sequence[int]) -> dict[str, float]:
    fifth = max(1, len(values) // 5)
    early, late = median(values[fifth : 2 * fifth]), median(values[-fifth:])
    return {"early": early / MEBIBYTE, "late": late / MEBIBYTE, "most": max(values) / MEBIBYTE}
