"""Bindings like `${data.title}` and the small expressions around them: parsed, typed and evaluated.

Operators, precedence and concatenation follow the Flow JSON reference; division and modulo by zero give 0 there.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STRING, NUMBER, BOOLEAN, OBJECT, ARRAY, UNKNOWN = "string", "number", "boolean", "object", "array", "unknown"

_BINDING = re.compile(r"\$\{(?:screen\.(?P<screen>[A-Za-z_]+)\.)?(?P<source>data|form)\.(?P<path>[\w-]+(?:\.[\w-]+)*)\}")
_TOKEN = re.compile(
    r"\s*(?:(?P<binding>\$\{[^}]*\})|'(?P<text>(?:[^'\\]|\\.)*)'|(?P<number>\d+(?:\.\d+)?)|(?P<word>true|false)\b"
    r"|(?P<operator>\|\||&&|==|!=|<=|>=|[<>+\-/%!()]))"
)


class BadExpression(Exception):
    """The text is not an expression; the message says what is wrong with it."""


class BadTypes(Exception):
    """The parts of an expression do not go together; the message says which."""


@dataclass(frozen=True)
class Binding:
    """`source` is data or form; `screen` is empty for the screen itself."""

    source: str
    path: tuple[str, ...]
    screen: str = ""

    def __str__(self) -> str:
        return f"${{{f'screen.{self.screen}.' if self.screen else ''}{self.source}.{'.'.join(self.path)}}}"


@dataclass(frozen=True)
class Literal:
    value: str | float | bool


@dataclass(frozen=True)
class Operation:
    operator: str
    parts: tuple["Node", ...]


Node = Binding | Literal | Operation


# --- Reading --------------------------------------------------------------------------------------
def is_binding(text: str) -> bool:
    """Whether the whole text is meant as one binding."""
    return text.startswith("${") and text.endswith("}") and text.count("${") == 1


def is_nested(text: str) -> bool:
    """Whether the text is an expression in backticks."""
    return len(text) >= 2 and text.startswith("`") and text.endswith("`")


def is_dynamic(value: object) -> bool:
    return isinstance(value, str) and (is_binding(value) or is_nested(value))


def read(text: str) -> Node:
    """A binding, or an expression in backticks. Raises BadExpression."""
    return parse(text[1:-1]) if is_nested(text) else read_binding(text)


def read_binding(text: str) -> Binding:
    match = _BINDING.fullmatch(text)
    if match is None:
        raise BadExpression(f"{text} is not a binding to data or form.")
    return Binding(match["source"], tuple(match["path"].split(".")), match["screen"] or "")


def parse(text: str) -> Node:
    """An expression without its backticks, as in the condition of an If. Raises BadExpression."""
    parser = _Parser(_tokens(text))
    try:
        parts = [parser.either()]
        while parser.more():
            parts.append(parser.either())
    except RecursionError:
        raise BadExpression("The expression is nested too deeply.") from None
    return parts[0] if len(parts) == 1 else Operation("join", tuple(parts))


def bindings_in(node: Node) -> list[Binding]:
    if isinstance(node, Binding):
        return [node]
    return [] if isinstance(node, Literal) else [binding for part in node.parts for binding in bindings_in(part)]


def _tokens(text: str) -> list[str | Node]:
    tokens: list[str | Node] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadExpression(f"{text[position:].strip()[:20]} cannot be read in an expression.")
        tokens.append(_token(match))
        position = match.end()
    return tokens


def _token(match: re.Match[str]) -> str | Node:
    if match["binding"]:
        return read_binding(match["binding"])
    if match["text"] is not None:
        return Literal(match["text"].replace("\\'", "'"))
    if match["number"]:
        return Literal(float(match["number"]))
    return Literal(match["word"] == "true") if match["word"] else match["operator"]


class _Parser:
    def __init__(self, tokens: list[str | Node]) -> None:
        self._tokens = tokens
        self._next = 0

    def more(self) -> bool:
        return self._next < len(self._tokens)

    def either(self) -> Node:
        return self._chain(("||",), self._both)

    def _both(self) -> Node:
        return self._chain(("&&",), self._equal)

    def _equal(self) -> Node:
        return self._chain(("==", "!="), self._compared)

    def _compared(self) -> Node:
        return self._chain(("<", "<=", ">", ">="), self._sum)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._quotient)

    def _quotient(self) -> Node:
        return self._chain(("/", "%"), self._single)

    def _chain(self, operators: tuple[str, ...], part: Callable[[], Node]) -> Node:
        node = part()
        while self.more() and isinstance(sign := self._tokens[self._next], str) and sign in operators:
            self._next += 1
            node = Operation(sign, (node, part()))
        return node

    def _single(self) -> Node:
        if not self.more():
            raise BadExpression("The expression ends too early.")
        found = self._tokens[self._next]
        self._next += 1
        if not isinstance(found, str):
            return found
        if found == "!":
            return Operation("!", (self._single(),))
        if found != "(":
            raise BadExpression(f"{found} stands at a place where a value is expected.")
        inner = self.either()
        if not self.more() or self._tokens[self._next] != ")":
            raise BadExpression("A bracket is not closed.")
        self._next += 1
        return inner


# --- Types ----------------------------------------------------------------------------------------
def kind_of(node: Node, binding_kind: Callable[[Binding], str]) -> str:
    """The type an expression comes to. Raises BadTypes, and what `binding_kind` raises."""
    if isinstance(node, Binding):
        return binding_kind(node)
    if isinstance(node, Literal):
        return kind_of_value(node.value)
    kinds = [kind_of(part, binding_kind) for part in node.parts]
    if node.operator == "join":
        _expect(kinds, (STRING, NUMBER, BOOLEAN), "be put together to a text")
        return STRING
    if node.operator in ("&&", "||", "!"):
        _expect(kinds, (BOOLEAN,), f"stand beside {node.operator}")
        return BOOLEAN
    if node.operator in ("==", "!="):
        known = {kind for kind in kinds if kind != UNKNOWN}
        if len(known) > 1:
            raise BadTypes(f"Both sides of {node.operator} must have the same type, not {' and '.join(sorted(known))}.")
        return BOOLEAN
    _expect(kinds, (NUMBER,), f"stand beside {node.operator}")
    return BOOLEAN if node.operator in ("<", "<=", ">", ">=") else NUMBER


def kind_of_value(value: object) -> str:
    """The JSON type of a Python value; UNKNOWN for None."""
    if isinstance(value, bool):
        return BOOLEAN
    for python_type, kind in ((str, STRING), (int, NUMBER), (float, NUMBER), (list, ARRAY), (dict, OBJECT)):
        if isinstance(value, python_type):
            return kind
    return UNKNOWN


def _expect(kinds: list[str], allowed: tuple[str, ...], purpose: str) -> None:
    for kind in kinds:
        if kind != UNKNOWN and kind not in allowed:
            raise BadTypes(f"A value of type {kind} cannot {purpose}.")


# --- Values ---------------------------------------------------------------------------------------
def evaluate(node: Node, value_of: Callable[[Binding], Any]) -> Any:
    """What the expression comes to on the phone; None where something it needs is missing."""
    if isinstance(node, Binding):
        return value_of(node)
    if isinstance(node, Literal):
        return node.value
    values = [evaluate(part, value_of) for part in node.parts]
    if node.operator == "join":
        return "".join(shown(value) for value in values)
    if node.operator == "!":
        return not values[0]
    try:
        return _OPERATIONS[node.operator](*values)
    except TypeError:
        return None


def shown(value: object) -> str:
    """A value inside a text, as the phone writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda left, right: bool(left) or bool(right),
    "&&": lambda left, right: bool(left) and bool(right),
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "/": lambda left, right: left / right if right else 0,
    "%": lambda left, right: left % right if right else 0,
}
