"""Meta's client on one customer's phone, with one Flow message open: it asks our endpoint as a real one does.

From Meta's documentation and the behaviour of its shipped client; real phones were not compared. It is stricter than
they are: a reply that leaves out or adds data is refused here, where a phone may fail only later.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from flows.flow_json import reply_problems
from flows.flow_json.rendering import Values, filled, rendered
from flows.flow_json.replies import transition_problems
from flows.flow_json.rules import DATA_API_VERSIONS
from flows.flow_json.walk import Place, screen_named
from flows.simulator.envelope import CannotRead, Sealed, open_answer, seal

TIMEOUT_SECONDS = 10
RETRY_AFTER_SECONDS = 0.5

Json = dict[str, Any]
Transport = Callable[[bytes, dict[str, str]], tuple[int, bytes]]
"""Delivers a body and its headers to the endpoint; status and body come back. TimeoutError and OSError mean what they say."""


class CannotTap(Exception):
    """The phone does not allow it: a grey button, a field or link that is not there, a Flow that is closed."""


@dataclass(frozen=True)
class Shown:
    """What the customer sees after a step.

    `failure` is empty, or Meta's name for what went wrong ("something went wrong" on the phone), with `problems` as the
    reasons. `completion` is what the chat receives when the Flow ends.
    """

    screen: str = ""
    data: Json = field(default_factory=dict)
    snackbar: str = ""
    status: int = 200
    closed: bool = False
    completion: Json | None = None
    failure: str = ""
    problems: tuple[str, ...] = ()
    typed: Json = field(default_factory=dict)
    definition: Json = field(default_factory=dict, repr=False)


def post_to(url: str) -> Transport:
    """Real HTTP to the endpoint at `url`, within Meta's ten seconds."""
    session = requests.Session()

    def deliver(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            response = session.post(url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.Timeout as late:
            raise TimeoutError(str(late)) from None
        return response.status_code, response.content

    return deliver


class Phone:
    """One customer with one Flow message. `public_key` is asked anew after every 421, as from Meta's servers."""

    def __init__(
        self,
        flow: Mapping[str, Any],
        *,
        flow_token: str,
        app_secret: str,
        public_key: Callable[[], str] | str,
        transport: Transport,
        escaped_slashes: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.flow = dict(flow)
        self.flow_token = flow_token
        self.shown = Shown()
        self.is_disabled = False  # after 427 the button of the message is grey
        self._app_secret = app_secret
        self._fetch_key = public_key if callable(public_key) else lambda: public_key
        self._key = self._fetch_key()
        self._transport = transport
        self._escaped_slashes = escaped_slashes
        self._pause = pause
        self._history: list[Shown] = []
        self._last: Json = {}

    # --- What a customer does ---------------------------------------------------------------------
    def open(self) -> Shown:
        """Tap the button of the message."""
        if self.is_disabled:
            raise CannotTap("The button of this message is grey.")
        self.shown, self._history = Shown(), []
        return self._ask("INIT", "", {})

    def submit(self, **fields: Any) -> Shown:
        """Fill in the fields and tap the main button. What is not given stays as it stands on the screen."""
        self._expect_open()
        typed = self.shown.typed | fields
        for name in fields:
            if name not in {place.component.get("name") for place in self._components()}:
                raise CannotTap(f"There is no field {name} on {self.shown.screen}.")
        self.shown = replace(self.shown, typed=typed)
        footer = self._component("Footer")
        self._check_fields()
        return self._act(footer)

    def tap_link(self, text: str) -> Shown:
        """Tap the link with this text."""
        self._expect_open()
        links = [place for place in self._components() if place.type == "EmbeddedLink" and place.component.get("text") == text]
        if not links:
            raise CannotTap(f"There is no link {text!r} on {self.shown.screen}.")
        return self._act(links[0])

    def tap(self, payload: Mapping[str, Any]) -> Shown:
        """Send `payload` from this screen, whatever stands on it: also what no customer could type."""
        self._expect_open()
        return self._ask("data_exchange", self.shown.screen, dict(payload))

    def again(self) -> Shown:
        """Tap the same again, as one does after "something went wrong", or by accident."""
        if not self._last or self.is_disabled:
            raise CannotTap("There is nothing to tap again.")
        return self._ask(self._last["action"], self._last["screen"], self._last["data"])

    def back(self) -> Shown:
        """Tap the arrow: the screen before, as it was left; our endpoint hears of it only where `refresh_on_back` says so."""
        self._expect_open()
        if not self._history:
            raise CannotTap("There is no screen before this one.")
        if self.shown.definition.get("refresh_on_back"):
            return self._ask("BACK", self.shown.screen, {})
        self.shown = self._history.pop()
        return self.shown

    def go_to(self, screen: str) -> Shown | None:
        """The phone went to `screen` by itself: back, or on by a `navigate` action. What went wrong; None: nothing."""
        self._expect_open()
        if screen == self.shown.screen:
            return None
        if screen in [before.screen for before in self._history]:
            while self.shown.screen != screen:
                self.shown = self._history.pop()
            return None
        problems = tuple(transition_problems(self.flow, {"action": "navigate", "screen": self.shown.screen}, screen))
        if problems:
            return Shown(failure="invalid-screen-transition", problems=problems)
        self._history.append(self.shown)
        self.shown = Shown(screen=screen, definition=screen_named(self.flow, screen) or {})
        return None

    # --- What Meta does ---------------------------------------------------------------------------
    def ping(self) -> Shown:
        """Meta's health check."""
        return self._exchange({"version": self._version(), "action": "ping"})

    def error_notice(self, error: str = "payload-schema-error", message: str = "The screen could not be shown.") -> Shown:
        """Tell the endpoint that its last reply could not be used."""
        notice = {"error": error, "error_message": message}
        return self._exchange(self._request("data_exchange", self.shown.screen, notice))

    # --- One step -----------------------------------------------------------------------------------
    def _ask(self, action: str, screen: str, data: Json) -> Shown:
        request = self._request(action, screen, data)
        self._last = request
        answer = self._exchange(request)
        if answer.failure in ("payload-schema-error", "invalid-screen-transition", "response-decryption-error"):
            self.error_notice(answer.failure, answer.problems[0])
        if answer.closed or answer.failure:
            self.shown = replace(self.shown, closed=self.shown.closed or answer.closed)
            return answer
        if self.shown.screen and answer.screen != self.shown.screen:
            self._history.append(self.shown)
        self.shown = answer
        return answer

    def _request(self, action: str, screen: str, data: Json) -> Json:
        return {"data": data, "flow_token": self.flow_token, "screen": screen, "action": action, "version": self._version()}

    def _exchange(self, request: Json) -> Shown:
        try:
            status, body, sealed = self._deliver(request)
        except TimeoutError:
            return Shown(status=504, failure="timeout_error", problems=("No answer within ten seconds.",))
        except OSError as lost:
            return Shown(status=0, failure="no_http_response_error", problems=(str(lost),))
        if status == 427:
            return self._refused(body, sealed)
        if status != 200:
            name = "business-decryption-error" if status == 421 else "unexpected_http_status_code"
            return Shown(status=status, failure=name, problems=(f"The endpoint answered with HTTP status {status}.",))
        try:
            reply = open_answer(body, sealed)
        except CannotRead as reason:
            return Shown(failure="response-decryption-error", problems=(str(reason),))
        return self._show(request, reply)

    def _deliver(self, request: Json) -> tuple[int, bytes, Sealed]:
        """After a 421 the phone fetches the key again and tries once more, with everything fresh."""
        status, body, sealed = self._send(request)
        if status == 421:
            self._pause(RETRY_AFTER_SECONDS)
            self._key = self._fetch_key()
            status, body, sealed = self._send(request)
        return status, body, sealed

    def _send(self, request: Json) -> tuple[int, bytes, Sealed]:
        sealed = seal(request, public_key=self._key, app_secret=self._app_secret, escaped_slashes=self._escaped_slashes)
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sealed.signature}
        status, body = self._transport(sealed.body, headers)
        return status, body, sealed

    def _refused(self, body: bytes, sealed: Sealed) -> Shown:
        """427: the message's button turns grey. Its text is sealed like any answer; an empty body gives a general one."""
        self.is_disabled = True
        try:
            answer = open_answer(body, sealed) if body else {}
        except CannotRead as reason:
            return Shown(status=427, closed=True, failure="response-decryption-error", problems=(str(reason),))
        text = answer.get("error_msg") if isinstance(answer, dict) else None
        return Shown(status=427, closed=True, snackbar=text if isinstance(text, str) else "This message is no longer available.")

    def _show(self, request: Json, reply: Any) -> Shown:
        problems = tuple(reply_problems(self.flow, request, reply))
        if problems:
            target = reply.get("screen") if isinstance(reply, dict) else None
            is_astray = isinstance(target, str) and target != "SUCCESS" and any(transition_problems(self.flow, request, target))
            return Shown(failure="invalid-screen-transition" if is_astray else "payload-schema-error", problems=problems)
        data = dict(reply["data"])
        if "screen" not in reply:  # a ping or an error notice
            return Shown(data=data)
        snackbar, response = data.pop("error_message", ""), data.pop("extension_message_response", None)
        if reply["screen"] == "SUCCESS":
            return Shown(screen="SUCCESS", closed=True, completion=response["params"])
        definition = screen_named(self.flow, reply["screen"]) or {}
        shown = Shown(screen=reply["screen"], data=data, snackbar=snackbar, definition=definition)
        kept = self.shown.typed if self.shown.screen == shown.screen else {}
        return replace(shown, typed=kept | _filled_in(definition, data))

    # --- The screen -------------------------------------------------------------------------------
    def _act(self, place: Place) -> Shown:
        action = place.component.get("on-click-action", {})
        if action.get("name") == "open_url":
            return self.shown  # the browser opens; the Flow stays where it is
        payload = filled(action.get("payload", {}), self._values())
        return self._ask("data_exchange", self.shown.screen, payload)

    def _components(self) -> list[Place]:
        return list(rendered(self.shown.definition, self._values()))

    def _component(self, kind: str) -> Place:
        found = next((place for place in self._components() if place.type == kind), None)
        if found is None:
            raise CannotTap(f"There is no {kind} on {self.shown.screen}.")
        return found

    def _check_fields(self) -> None:
        for place in self._components():
            name, value = place.component.get("name"), self.shown.typed.get(str(place.component.get("name")))
            if name and place.component.get("required") and value in (None, "", [], False):
                raise CannotTap(f"The button is grey: {name} is empty.")
            source = place.component.get("data-source")
            if name and value and isinstance(source, list):
                choosable = {option["id"] for option in source if option.get("enabled", True)}
                if not choosable.issuperset(value if isinstance(value, list) else [value]):
                    raise CannotTap(f"{value!r} cannot be chosen as {name}.")

    def _values(self) -> Values:
        return Values(data=self.shown.data, form=self.shown.typed)

    def _expect_open(self) -> None:
        if not self.shown.screen or self.shown.closed or self.is_disabled:
            raise CannotTap("No Flow is open.")

    def _version(self) -> str:
        return str(self.flow.get("data_api_version", DATA_API_VERSIONS[0]))


def _filled_in(definition: Json, data: Json) -> Json:
    """What stands in the inputs when the screen is shown."""
    places = rendered(definition, Values(data=data))
    return {str(place.component["name"]): place.component["init-value"] for place in places if "init-value" in place.component}
