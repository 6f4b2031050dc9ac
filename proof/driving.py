"""One run from the first customer to the verdict, once the house stands and Django is set up."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import connection

from proof.afterwards import Afterwards
from proof.books import Books, read_books
from proof.cast import Cast, set_the_stage
from proof.customers import Customers, Place
from proof.evidence import Evidence, Failure
from proof.forger import Forger
from proof.form import Story
from proof.keeping import keep_rows
from proof.plan import Plan
from proof.result import Result
from proof.settling import settle
from proof.staff import Staff
from proof.stage import Stage
from proof.trouble import Troubles
from proof.verdict import judge
from proof.wire import Http

AT_ONCE = 12
"""Customers who pay at the same moment."""


class Run:
    """`tell` is called with sentences for whoever watches."""

    def __init__(self, stage: Stage, plan: Plan, *, without: Sequence[str] = (), speed: float = 1.0) -> None:
        self.stage, self.plan, self.without, self.speed = stage, plan, without, speed
        self.http = Http()
        self._ended = 0
        self._presses: list[asyncio.Task[None]] = []
        self._began = time.monotonic()

    def drive(self) -> Result:
        """The whole run and what it came to."""
        cast = set_the_stage(self.plan)
        evidence = asyncio.run(self._live(cast))
        connection.close()
        findings = judge(evidence)
        keep_rows(self.stage.folder / "rows")
        return Result(
            seed=self.plan.seed,
            without=tuple(self.without),
            seconds=round(time.monotonic() - self._began, 1),
            counts=self._counts(evidence),
            points=self.stage.points_hit(),
            passed=sorted(self.stage.points_passed()),
            restarts=self.stage.restarts(),
            troubles=dict(self.troubles.done),
            money=_money(evidence.books),
            findings=[(finding.promise, finding.sentence) for finding in findings],
            evidence=str(self.stage.folder),
        )

    async def _live(self, cast: Cast) -> Evidence:
        stage, plan, http = self.stage, self.plan, self.http
        self.customers = Customers(plan, cast, place_of(self.stage), http=http, speed=self.speed)
        self.troubles = Troubles(plan, stage, http)
        self.forger = Forger(plan, cast, http=http, urls=stage.web_urls, paynow_url=stage.paynow_url)
        self.afterwards = Afterwards(http, paynow_url=stage.paynow_url)
        self.staff = Staff(cast, http=http, urls=stage.web_urls, paynow_url=stage.paynow_url)
        await asyncio.gather(self.customers.prepare(), self.staff.come_in())
        self._say("customers have their phones, staff have signed in")
        watching = asyncio.create_task(self.afterwards.watch())
        await self.customers.live(at_once=AT_ONCE, on_ended=self._ended_one)
        self.afterwards.no_more()
        await self.troubles.clear()
        await asyncio.gather(*self._presses)
        self._say("everything works again; waiting for those who approve late")
        await watching
        self._say("waiting for the schedule to run out")
        unsettled = await settle(
            http, paynow_url=stage.paynow_url, phone_url=stage.phone_url, seconds=plan.last_seconds / self.speed
        )
        self._say(" ".join(unsettled) or "nothing waits any more")
        books = await read_books(http, paynow_url=stage.paynow_url, phone_url=stage.phone_url)
        http.close()
        return self._evidence(cast, books, unsettled)

    async def _ended_one(self, story: Story) -> None:
        self._ended += 1
        self.afterwards.expect(story)
        self.troubles.go_on(self._ended)
        await self.forger.strike(story)
        self._presses.append(asyncio.create_task(self.staff.press(story)))
        if self._ended % max(1, len(self.plan.journeys) // 10) == 0:
            self._say(f"{self._ended} of {len(self.plan.journeys)} journeys are at their end")

    def _say(self, sentence: str) -> None:
        print(f"  {time.monotonic() - self._began:6.1f} s  {sentence}", flush=True)

    # --- What is handed to the verdict ------------------------------------------------------------
    def _evidence(self, cast: Cast, books: Books, unsettled: Sequence[str]) -> Evidence:
        return Evidence(
            plan=self.plan,
            cast=cast,
            books=books,
            stories=self.customers.stories,
            forged=self.forger.forged,
            failures=self._failures(books),
            customer_webhooks_taken=self.customers.webhooks_taken,
            database_away=self.troubles.database_away,
            logs=self.stage.logs,
            environment=self.stage.environment,
            unsettled=unsettled,
            killed=sum(self.stage.points_hit().values()) + sum(self.stage.restarts().values()),
            refunded=self.staff.refunded,
        )

    def _failures(self, books: Books) -> list[Failure]:
        """Every 5xx of ours, whoever got it."""
        found = [
            Failure(at, status, f"A request to {path}") for at, status, path in self.http.failures if path.startswith("/crm-api/")
        ]
        found += [Failure(at, status, "A webhook of WhatsApp") for at, status in books.webhook_refusals if status >= 500]
        for delivery in books.deliveries:
            answered = zip(delivery.answers, delivery.answered_at, strict=True)
            found += [Failure(at, status, "A status update of Paynow") for status, at in answered if status >= 500]
        return found

    def _counts(self, evidence: Evidence) -> Mapping[str, int]:
        books, customers = evidence.books, self.customers
        attempts = Counter(len(delivery.answers) for delivery in books.deliveries)
        return {
            "journeys": len(evidence.stories),
            "charges at the gateway": len(books.charges),
            "charges paid": len(books.paid),
            "approved late": self.afterwards.done["approve"],
            "disputed at the gateway": self.afterwards.done["dispute"],
            "given back by the gateway": self.afterwards.done["refund"],
            "buttons pressed by two at once": sum(self.staff.pressed.values()),
            "pages that staff gave up on": len(self.staff.gave_up),
            "Flow requests": customers.taps,
            "taps repeated after a failure": customers.again,
            "double taps": customers.doubled,
            "status updates": len(books.deliveries),
            "status updates dropped": sum(delivery.was_dropped for delivery in books.deliveries),
            "attempts to deliver a status update": sum(number * count for number, count in attempts.items()),
            "status updates forged": len(evidence.forged),
            "webhooks of WhatsApp taken": len(books.webhooks_taken) + len(evidence.customer_webhooks_taken),
            "webhooks of WhatsApp refused or lost": len(books.webhook_refusals),
            "messages at WhatsApp": books.messages,
            "answers of 5xx": len(evidence.failures),
            "requests without an answer": self.http.answers[0],
        }


def place_of(stage: Stage) -> Place:
    """Where customers find everything."""
    return Place(
        web_urls=stage.web_urls,
        paynow_url=stage.paynow_url,
        phone_url=stage.phone_url,
        app_secret=stage.environment["WHATSAPP_APP_SECRET"],
        public_key=base64.b64decode(stage.environment["FLOW_PUBLIC_KEY"]).decode(),
    )


def _money(books: Books) -> dict[str, str]:
    return {
        currency: f"{sum((each.amount for each in books.paid if each.currency == currency), start=0):.2f}"
        for currency in sorted({each.currency for each in books.paid})
    }
