"""What the page reckons by itself comes to the same as in our own code: expressions, what is shown, what may be sent."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from config.tests.phone_stage import stage
from config.tests.test_phone_page import browser
from flows.definitions import DEFINITIONS
from flows.flow_json.expressions import BadExpression, evaluate, parse, read
from flows.flow_json.rendering import Values, filled, rendered
from flows.tests.app_server import Json

__all__ = ["browser"]

pytestmark = pytest.mark.browser

Page = Callable[..., Any]

VALUES: Json = {
    "data": {"nights": 3, "price": 2.5, "trip": {"title": "Falls"}, "free": True, "none": [], "empty": ""},
    "form": {"name": "Ana", "seats": "2"},
    "others": {"FIRST": {"form": {"name": "Eve"}, "data": {}}},
}
EXPRESSIONS = [
    "`'Dear ' ${form.name} ', ' ${data.nights} ' nights'`",
    "`${data.nights} + 2 - 1`",
    "`(${data.nights} + 1) / 2`",
    "`${data.nights} / 0`",
    "`${data.nights} % 2`",
    "`${data.nights} % 0`",
    "`(0 - 7) % 3`",
    "`${data.nights} >= 3 && !(${form.name} == 'Bob')`",
    "`${data.nights} < 3 || ${form.name} != 'Ana'`",
    "${data.trip.title}",
    "${data.trip}",
    "${screen.FIRST.form.name}",
    "${screen.NONE.form.name}",
    "${data.unknown}",
    "${data.trip.title.more}",
    "${data.constructor}",
    "`${data.unknown} + 1`",
    "`${data.unknown} == ${form.unknown}`",
    "`'a' + 'b'`",
    "`'a' - 'b'`",
    "`'a' < 'b'`",
    "`'2' == 2`",
    "`!${data.none}`",
    "`!${data.empty} && ${data.free}`",
    "`${data.price} ' and ' ${data.free} ' and ' 4.0`",
    "`'it\\'s true: ' true`",
    "`1 + 2 + 3 / 2 - 1`",
    "`true || false && false`",
    "`1 < 2 == true`",
]
BROKEN = ["", "1 +", "(1", "'open", "${data}", "* 2", "1 ) 2", "(" * 20000]


@pytest.fixture(scope="module")
def reckon(browser: Browser) -> Iterator[Page]:
    """Calls a function of a module of the page: module, name, arguments."""
    with stage(browser) as built:
        built.open()

        def call(module: str, name: str, *arguments: Any) -> Any:
            script = "async ([module, name, rest]) => (await import('/phone/static/' + module + '.js'))[name](...rest)"
            return built.page.evaluate(script, [module, name, arguments])

        call.page = built.page  # type: ignore[attr-defined]
        yield call


def ours() -> Values:
    others = {name: Values(**values) for name, values in VALUES["others"].items()}
    return Values(data=VALUES["data"], form=VALUES["form"], others=others)


def in_page(reckon: Page, script: str, argument: Any) -> Any:
    imports = (
        "const {read, parse, evaluate} = await import('/phone/static/expressions.js');"
        "const {Values, filled, rendered} = await import('/phone/static/rendering.js');"
    )
    return reckon.page.evaluate(f"async (given) => {{ {imports} {script} }}", argument)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_comes_to_the_same(reckon: Page, text: str) -> None:
    script = "const values = new Values(given[1]); return evaluate(read(given[0]), (binding) => values.of(binding));"
    assert in_page(reckon, script, [text, VALUES]) == evaluate(read(text), ours().of)


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_expression_is_broken_on_both_sides(reckon: Page, text: str) -> None:
    with pytest.raises(BadExpression):
        parse(text)
    script = "try { parse(given); return false; } catch (error) { return error.constructor.name; }"
    assert in_page(reckon, script, text) == "BadExpression"


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_every_screen_of_ours_is_filled_in_the_same(reckon: Page, name: str) -> None:
    script = "return given.map(([screen, values]) => rendered(screen, new Values(values)));"
    screens = DEFINITIONS[name]["screens"]
    given: list[Any] = []
    for screen in screens:
        examples = {key: declared["__example__"] for key, declared in screen["data"].items()}
        given += [[screen, {"data": examples}], [screen, {"data": {}}]]
    expected = [
        [{"component": place.component, "path": place.path} for place in rendered(screen, Values(data=values["data"]))]
        for screen, values in given
    ]
    assert in_page(reckon, script, given) == expected


def test_a_payload_leaves_out_what_is_bound_to_nothing(reckon: Page) -> None:
    payload = {"name": "${form.name}", "email": "${form.email}", "list": ["${form.seats}", "${form.email}"], "fixed": 1}
    script = "return filled(given[0], new Values(given[1]));"
    assert in_page(reckon, script, [payload, VALUES]) == filled(payload, ours())


FINE: list[tuple[Json, list[Any]]] = [
    ({"type": "TextInput", "input-type": "number"}, ["12", "-3.5", "1,000.50", "12,5", "1e3"]),
    ({"type": "TextInput", "input-type": "phone"}, ["0771234567", "+263 77 123-4567", "(077) 123.4567"]),
    ({"type": "TextInput", "input-type": "email"}, ["rudo@example.com", "a.b+c@d.co.zw"]),
    ({"type": "TextInput", "input-type": "passcode"}, ["0042"]),
    ({"type": "TextInput", "required": True, "min-chars": 2, "max-chars": 4}, ["abcd", " ab ", "🦁🦁"]),
    ({"type": "TextInput", "pattern": "[A-Z]{2}\\d"}, ["AB1", " AB1 "]),
    ({"type": "TextInput", "pattern": "["}, ["a pattern that is none is ignored"]),
    ({"type": "TextInput"}, ["", "x" * 80]),
    ({"type": "TextArea"}, ["x" * 600]),
    ({"type": "CheckboxGroup", "required": True, "min-selected-items": 1, "max-selected-items": 2}, [["a"], ["a", "b"]]),
    ({"type": "OptIn", "required": True}, [True]),
    ({"type": "DatePicker", "min-date": "2026-12-12", "max-date": "2026-12-19"}, ["2026-12-12", "2026-12-19"]),
    ({"type": "DatePicker", "min-date": "1797033600000"}, ["2026-12-12"]),
    (
        {"type": "CalendarPicker", "mode": "range", "min-days": 2, "max-days": 8},
        [{"start-date": "2026-12-12", "end-date": "2026-12-19"}],
    ),
    ({"type": "CalendarPicker", "include-days": ["Sat"]}, ["2026-12-12"]),
]
WRONG: list[tuple[Json, list[Any]]] = [
    ({"type": "TextInput", "input-type": "number"}, ["twelve", "1.2.3", "1,00.5", "--1"]),
    ({"type": "TextInput", "input-type": "phone"}, ["soon", "+", "077x"]),
    ({"type": "TextInput", "input-type": "email"}, ["rudo", "rudo@", "a b@c.d", "a@b"]),
    ({"type": "TextInput", "input-type": "passcode"}, ["12a"]),
    ({"type": "TextInput", "required": True, "min-chars": 2, "max-chars": 4}, ["", "  ", "a", "abcde", None]),
    ({"type": "TextInput", "pattern": "[A-Z]{2}\\d"}, ["AB", "AB12"]),
    ({"type": "TextInput"}, ["x" * 81]),
    ({"type": "TextArea"}, ["x" * 601]),
    ({"type": "CheckboxGroup", "required": True, "max-selected-items": 2}, [[], ["a", "b", "c"], None]),
    ({"type": "OptIn", "required": True}, [False, None]),
    ({"type": "Dropdown", "required": True}, [None, ""]),
    (
        {"type": "DatePicker", "min-date": "2026-12-12", "max-date": "2026-12-19", "unavailable-dates": ["2026-12-13"]},
        ["2026-12-11", "2026-12-20", "2026-12-13", "2026-13-01", "2026-12-32", "soon"],
    ),
    (
        {"type": "CalendarPicker", "mode": "range", "min-days": 2, "max-days": 3},
        [
            {"start-date": "2026-12-12"},
            {"start-date": "2026-12-12", "end-date": "2026-12-12"},
            {"start-date": "2026-12-12", "end-date": "2026-12-15"},
            {"start-date": "2026-12-12", "end-date": "2026-12-11"},
        ],
    ),
    ({"type": "CalendarPicker", "include-days": ["Sat"]}, ["2026-12-11", "2026-02-30"]),
]


def judged(reckon: Page, table: list[tuple[Json, list[Any]]]) -> list[tuple[Json, Any, str]]:
    pairs = [(component, value) for component, values in table for value in values]
    return [(component, value, reckon("validation", "problemWith", component, value)) for component, value in pairs]


def test_what_a_phone_lets_through_may_be_sent(reckon: Page) -> None:
    assert [case for case in judged(reckon, FINE) if case[2]] == []


def test_what_a_phone_refuses_has_a_sentence(reckon: Page) -> None:
    assert [case for case in judged(reckon, WRONG) if not case[2].endswith(".")] == []


def test_a_choice_that_is_no_longer_offered_is_dropped(reckon: Page) -> None:
    component = {"data-source": [{"id": "a"}, {"id": "b", "enabled": False}]}
    assert reckon("validation", "stillOffered", component, "a") == "a"
    assert reckon("validation", "stillOffered", component, "b") is None
    assert reckon("validation", "stillOffered", component, ["a", "b", "c"]) == ["a"]
