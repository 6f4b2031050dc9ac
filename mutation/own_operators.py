"""Faults that cosmic-ray does not make: a step, an element, a named argument or a link of a query left out; another word."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeGuard

Span = tuple[int, int]  # of the text, as offsets


def a_step_left_out(source: str) -> Iterator[str]:
    """A statement that does something, instead of giving a name to something, is not there."""
    text = _Text(source)
    for node in ast.walk(text.tree):
        if _is_a_step(node):
            yield text.with_instead(node, "pass")


def an_element_left_out(source: str) -> Iterator[str]:
    """One element of a set, list, tuple or dictionary is missing."""
    text = _Text(source)
    for node in ast.walk(text.tree):
        if isinstance(node, (ast.Set, ast.List, ast.Tuple)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            for element in node.elts:
                yield text.without(text.span(element))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                start = text.span(value)[0] - len("**") if key is None else text.span(key)[0]
                yield text.without((start, text.span(value)[1]))


def an_argument_left_out(source: str) -> Iterator[str]:
    """A named argument of a call is missing."""
    text = _Text(source)
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                yield text.without(text.span(keyword))


def a_link_left_out(source: str) -> Iterator[str]:
    """One call in a chain is missing: a filter, an order, a lock, a strip."""
    text = _Text(source)
    for node in ast.walk(text.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, (ast.Call, ast.Attribute))
        ):
            yield text.with_span_instead((text.span(node.func.value)[1], text.span(node)[1]), "")


def another_word(source: str) -> Iterator[str]:
    """A text that is one word, and so means something to a program, is another one. Sentences are for people."""
    text = _Text(source)
    in_f_strings = {id(part) for node in ast.walk(text.tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(text.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in in_f_strings:
            continue
        if node.value and not any(letter.isspace() for letter in node.value):
            yield text.with_instead(node, repr(f"XX{node.value}"))


def in_or_not_in(source: str) -> Iterator[str]:
    """`in` becomes `not in`, and the other way round."""
    text = _Text(source)
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            between = (text.span(node.left)[1], text.span(node.comparators[0])[0])
            word = " in " if isinstance(node.ops[0], ast.NotIn) else " not in "
            if source[slice(*between)].strip() in ("in", "not in"):
                yield text.with_span_instead(between, word)


OWN_OPERATORS: list[Callable[[str], Iterator[str]]] = [
    a_step_left_out,
    an_element_left_out,
    an_argument_left_out,
    a_link_left_out,
    another_word,
    in_or_not_in,
]


def _is_a_step(node: ast.AST) -> TypeGuard[ast.stmt]:
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return not isinstance(node.targets[0], ast.Name) and not isinstance(node.targets[0], ast.Tuple)
    return isinstance(node, (ast.AugAssign, ast.Raise, ast.Delete)) or (isinstance(node, ast.Return) and node.value is None)


class _Text:
    """A file's text, and where each node stands in it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.tree = ast.parse(source)
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._rows = source.splitlines()

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def with_instead(self, node: ast.expr | ast.stmt, words: str) -> str:
        return self.with_span_instead(self.span(node), words)

    def with_span_instead(self, span: Span, words: str) -> str:
        return self._source[: span[0]] + words + self._source[span[1] :]

    def without(self, span: Span) -> str:
        """The comma after it goes, too."""
        rest = self._source[span[1] :]
        bare = rest.lstrip()
        if bare.startswith(","):
            rest = bare[1:].lstrip(" ")
            return self._source[: span[0]] + rest
        before = self._source[: span[0]].rstrip()
        return before.removesuffix(",") + rest

    def _offset(self, line: int, column: int) -> int:
        """`ast` counts columns in bytes."""
        row = self._rows[line - 1]
        return self._lines[line - 1] + len(row.encode()[:column].decode())
