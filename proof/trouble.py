"""Breaks things when the plan says so: by how many journeys have ended, not by the clock, so that a seed replays."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from proof.plan import Plan
from proof.planned_troubles import Trouble
from proof.stage import Stage
from proof.wire import Http

REDIS_AWAY_SECONDS = 3.0
GATEWAY_AWAY_SECONDS = 2.0
CALLS_OF_A_PAYMENT = ("express", "initiate", "trace", "poll")


class Troubles:
    """What was done is counted in `done`; `database_away` holds from when until when the database did not answer."""

    def __init__(self, plan: Plan, stage: Stage, http: Http) -> None:
        self.done: Counter[str] = Counter()
        self.database_away: list[tuple[float, float]] = []
        self._stage, self._http = stage, http
        self._waiting = list(plan.troubles)
        self._dice = random.Random(plan.seed + 2)  # noqa: S311  as the plan
        self._running: set[asyncio.Task[None]] = set()
        self._engines = asyncio.Lock()  # one server is away at a time

    def go_on(self, ended: int) -> None:
        """Begins what is due after so many journeys; customers do not wait for it."""
        while self._waiting and self._waiting[0].after <= ended:
            task = asyncio.create_task(self._do(self._waiting.pop(0)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Waits for what is under way. Raises what went wrong with it."""
        while self._running:
            await asyncio.gather(*self._running)

    async def clear(self) -> None:
        """The other side works again."""
        await self.finish()
        await self._http.json(f"{self._stage.paynow_url}/simulator/clear-faults", {})
        await self._http.json(f"{self._stage.phone_url}/simulator/faults", method="DELETE")

    async def _do(self, trouble: Trouble) -> None:
        await getattr(self, f"_{trouble.kind}")(trouble)
        self.done[f"{trouble.kind} {trouble.what}".strip()] += 1

    # --- Our processes ----------------------------------------------------------------------------
    async def _kill(self, trouble: Trouble) -> None:
        names = self._stage.names(trouble.what)
        await _in_thread(self._stage.kill, self._dice.choice(names))

    async def _arm(self, trouble: Trouble) -> None:
        await _in_thread(self._stage.arm, trouble.what, trouble.times)

    # --- Engines ----------------------------------------------------------------------------------
    async def _stop_redis(self, _trouble: Trouble) -> None:
        """Stopped, emptied and started again."""
        async with self._engines:
            await _in_thread(self._stage.stop_redis)
            await asyncio.sleep(REDIS_AWAY_SECONDS)
            await asyncio.get_running_loop().run_in_executor(None, lambda: self._stage.start_redis(empty=True))

    async def _restart_postgres(self, _trouble: Trouble) -> None:
        async with self._engines:
            began = time.time()
            await _in_thread(self._stage.restart_postgres)
            self.database_away.append((began, time.time()))

    # --- The other side ---------------------------------------------------------------------------
    async def _gateway_refuses(self, _trouble: Trouble) -> None:
        await self._paynow("refuse-connections", {"seconds": GATEWAY_AWAY_SECONDS})
        await asyncio.sleep(GATEWAY_AWAY_SECONDS)

    async def _gateway_answers(self, trouble: Trouble) -> None:
        """The next calls, whoever's they are."""
        for call in CALLS_OF_A_PAYMENT:
            await self._paynow("faults", {"name": trouble.what, "on": call, "times": max(1, trouble.times // 4)})

    async def _meta_answers(self, trouble: Trouble) -> None:
        values = {"kind": trouble.what, "call": "messages", "times": trouble.times}
        await self._http.json(f"{self._stage.phone_url}/simulator/faults", values)

    async def _paynow(self, path: str, values: dict[str, Any]) -> None:
        await self._http.json(f"{self._stage.paynow_url}/simulator/{path}", values)


async def _in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
