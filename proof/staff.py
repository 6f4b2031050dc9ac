"""Members of staff at the desk, over HTTP with sessions of their own: two of them press the same button at the same moment."""

from __future__ import annotations

import asyncio
import functools
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import unescape
from urllib.parse import urlencode

from django_otp.oath import TOTP

from customer_data.models import Payment, Refund, RefundStatus
from customer_data.status import MONEY_IN, OPEN
from proof.cast import Cast, Person
from proof.form import Story
from proof.plan import Press
from proof.settling import ask_database
from proof.wire import Http, Reply, Turns

FORM = re.compile(r"<form[^>]*action=\"([^\"]+)\"[^>]*data-button=\"([^\"]+)\".*?</form>", re.DOTALL)
FIELD = re.compile(r"<input[^>]*?name=\"([^\"]+)\"[^>]*?value=\"([^\"]*)\"")
TOKEN = re.compile(r"name=\"csrfmiddlewaretoken\" value=\"([^\"]+)\"")
FIELDS = {"Content-Type": "application/x-www-form-urlencoded"}
LEFT = {"reason": "The customer has left."}
PATIENCE_SECONDS = 120.0


class NoPage(Exception):
    """The desk did not answer in all that time."""


class Desk:
    """One member of staff and their browser."""

    def __init__(self, person: Person, http: Http, turns: Turns) -> None:
        self.person = person
        self._http, self._turns = http, turns
        self._cookies: dict[str, str] = {}

    async def sign_in(self) -> None:
        """Password, then the code of the app."""
        page = await self.get("/admin/login/?next=/admin/customer_data/payment/")
        typed = {"username": self.person.name, "password": self.person.password, "next": "/admin/customer_data/payment/"}
        await self.post("/admin/login/", {**typed, "csrfmiddlewaretoken": _token(page)})
        page = await self.get("/admin/second-step/")
        code = TOTP(bytes.fromhex(self.person.secret), digits=6)
        code.time = time.time()
        await self.post("/admin/second-step/", {"code": f"{code.token():06d}", "csrfmiddlewaretoken": _token(page)})
        if (await self._call("GET", "/admin/customer_data/payment/")).status != 200:
            raise NoPage(f"{self.person.name} cannot sign in.")

    async def forms(self, path: str) -> dict[str, tuple[str, dict[str, str]]]:
        """The buttons of a row's page: address and fields by name."""
        page = await self.get(path)
        return {match[2]: (unescape(match[1]), dict(FIELD.findall(match[0]))) for match in FORM.finditer(page)}

    async def press(self, form: tuple[str, dict[str, str]], typed: Mapping[str, str]) -> int:
        address, fields = form
        return (await self.post(address, {name: unescape(value) for name, value in fields.items()} | dict(typed))).status

    async def get(self, path: str) -> str:
        """Again while no web process answers. Raises NoPage."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            reply = await self._call("GET", path)
            if reply.status in (200, 302):
                return reply.body.decode()
            await asyncio.sleep(0.3)
        raise NoPage(f"The page {path} does not come.")

    async def post(self, path: str, fields: Mapping[str, str]) -> Reply:
        return await self._call("POST", path, urlencode(fields).encode())

    async def _call(self, method: str, path: str, body: bytes = b"") -> Reply:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies, **(FIELDS if body else {})}
        reply = await self._http.call(self._turns.next() + path, method=method, body=body, headers=headers, timeout=20)
        for cookie in filter(None, reply.headers.get("set-cookie", "").split("; ")):
            name, _, value = cookie.partition("=")
            self._cookies[name] = value
        return reply


class Staff:
    """`pressed` counts what was pressed by two at once."""

    def __init__(self, cast: Cast, *, http: Http, urls: Sequence[str], paynow_url: str) -> None:
        self._http, self._paynow = http, paynow_url
        self._dice = random.Random(0)  # noqa: S311  by how much the money is late
        self.pressed: Counter[str] = Counter()
        self.gave_up: list[str] = []
        self.refunded: list[str] = []
        """References of the payments that several asked to give back in whole."""
        turns = Turns(urls)
        self._desks = [Desk(person, http, turns) for person in cast.staff]
        self._turn = asyncio.Lock()

    async def come_in(self) -> None:
        await asyncio.gather(*(desk.sign_in() for desk in self._desks))

    async def press(self, story: Story) -> None:
        """What the plan has for this story, once its payment stands as it must for the button."""
        wanted = story.journey.press
        if wanted is None or not story.references:
            return
        reference = story.references[-1]
        must_be = MONEY_IN if wanted == Press.REFUND else OPEN
        number = await _payment(reference, must_be, seconds=PATIENCE_SECONDS if wanted == Press.REFUND else 0)
        if not number:
            return
        try:
            async with self._turn:
                await self._press(wanted, number, reference)
        except NoPage as reason:
            self.gave_up.append(str(reason))
            return
        self.pressed[str(wanted)] += 1
        if wanted == Press.REFUND:
            self.refunded.append(reference)

    async def _press(self, wanted: Press, number: str, reference: str) -> None:
        page, two = _page("payment", number), self._desks[:2]
        if wanted == Press.REFUND:
            await self._refund(number)
        elif wanted == Press.ASK_GATEWAY:
            await self._both(two, page, "ask-again")
        elif wanted == Press.STOP_WAITING:
            await self._both(two, page, "stop-waiting", LEFT)
        else:
            await self._both(two, page, "stop-waiting", LEFT, beside=functools.partial(self._pays, reference))

    async def _pays(self, reference: str) -> None:
        """The customer approves at just this moment."""
        await asyncio.sleep(self._dice.uniform(0, 0.4))
        await self._http.call(f"{self._paynow}/simulator/transactions/{reference}/approve", body=b"{}")

    async def _refund(self, number: str) -> None:
        """Two ask for all of it, two approve, two take it, and who took it writes it down twice."""
        await self._both(self._desks[:2], _page("payment", number), "refund", {"reason": "Two people noticed."})
        for button, typed in (("approve", {}), ("take", {}), ("paid-back", {"proof": f"BANK {number[:8]}"})):
            refund = await _refund_of(number)
            if not refund:
                return
            await self._both(self._desks, _page("refund", refund), button, typed)

    async def _both(
        self,
        desks: Sequence[Desk],
        path: str,
        button: str,
        typed: Mapping[str, str] | None = None,
        *,
        beside: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Each opens the page; then all who are offered the button press it at once, while `beside` happens."""
        pages = await asyncio.gather(*(desk.forms(path) for desk in desks))
        offered = [(desk, page[button]) for desk, page in zip(desks, pages, strict=True) if button in page]
        presses = [desk.press(form, typed or {}) for desk, form in offered]
        await asyncio.gather(*presses, *([beside()] if beside else []))


def _page(kind: str, number: str) -> str:
    return f"/admin/customer_data/{kind}/{number}/change/"


async def _payment(reference: str, statuses: frozenset[str], *, seconds: float) -> str:
    """The key of the payment's row once it stands so; empty: not in time."""
    standing = Payment.objects.filter(reference=reference, status__in=statuses).values_list("pk", flat=True)
    deadline = time.monotonic() + seconds
    while True:
        found = await ask_database(standing.first, otherwise=None)
        if found or time.monotonic() > deadline:
            return str(found or "")
        await asyncio.sleep(1)


async def _refund_of(number: str) -> str:
    """The refund of this payment that goes on; empty: there is none."""
    going_on = Refund.objects.filter(payment_id=number).exclude(status__in=[RefundStatus.DONE, RefundStatus.FAILED])
    return str(await ask_database(going_on.values_list("pk", flat=True).first, otherwise=None) or "")


def _token(page: str) -> str:
    found = TOKEN.search(page)
    return found[1] if found else ""
