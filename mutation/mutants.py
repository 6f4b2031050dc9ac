"""One file's mutants: cosmic-ray's operators, and five of our own for what this code is made of (own_operators.py)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from mutation.own_operators import OWN_OPERATORS
from mutation.targets import ROOT

# One or two replacements for each operator: cosmic-ray's other ones (a power or a shift for a plus) end in a TypeError with
# Decimals and dates, are caught by any test, and would only flatter the score.
OPERATORS = [
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceUnaryOperator_Delete_Not",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
]


@dataclass(frozen=True)
class Mutant:
    """The whole file with one fault in it."""

    path: str
    operator: str
    line: int
    span: tuple[int, int]  # the lines that are changed, before
    where: str  # the function or class it is in; empty for the module itself
    is_inside: bool  # in the body of a function, so that a loaded module can be given it
    before: str
    after: str
    source: str

    @property
    def is_quick(self) -> bool:
        """Whether a loaded module can be given it: in a function, or a constant of the module."""
        return self.is_inside or not self.where

    @property
    def name(self) -> str:
        """The same for as long as the line reads the same, wherever in the file it moves."""
        return f"{self.where or 'module'}: {self.before} → {self.after}"


def mutants_of(path: str) -> list[Mutant]:
    """Every mutant of the file at `path` (below the project) that is another program, in the order of its lines."""
    source = (ROOT / path).read_text(encoding="utf-8")
    places = Places(ast.parse(source))
    seen = {source}
    mutants = []
    for operator, mutated in _all(source):
        if mutated in seen:
            continue
        seen.add(mutated)
        mutant = _mutant(path, operator, source, mutated, places)
        if mutant is not None and _compiles(mutated, path):
            mutants.append(mutant)
    return sorted(mutants, key=lambda mutant: mutant.line)


def _all(source: str) -> Iterator[tuple[str, str]]:
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        for occurrence in count():
            mutated = mutate_code(source, operator, occurrence)
            if mutated is None:
                break
            yield name, mutated
    for own in OWN_OPERATORS:
        for mutated in own(source):
            yield own.__name__, mutated


def _mutant(path: str, operator: str, source: str, mutated: str, places: Places) -> Mutant | None:
    before, after = source.splitlines(), mutated.splitlines()
    first = next(number for number, (old, new) in enumerate(zip([*before, ""], [*after, ""], strict=False)) if old != new)
    tail = next((number for number, (old, new) in enumerate(zip(reversed(before), reversed(after), strict=False)) if old != new), 0)
    old = " ".join(" ".join(before[first : max(first + 1, len(before) - tail)]).split())
    new = " ".join(" ".join(after[first : max(first, len(after) - tail)]).split())
    line, column = first + 1, _first_difference(before[first], after[first] if first < len(after) else "")
    where, is_inside = places.of(line)
    if places.does_not_run(line, column) or (where and not is_inside and "Mul_Div" in operator):  # the star of a signature
        return None
    span = line, max(line, len(before) - tail)
    return Mutant(path, operator, line, span, where, is_inside, old, new or "nothing", mutated)


def _first_difference(old: str, new: str) -> int:
    return next(
        (column for column, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


def _compiles(source: str, path: str) -> bool:
    try:
        compile(source, Path(path).name, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


class Places:
    """What each place of a file belongs to."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions: list[tuple[int, int, int, str]] = []  # first line, first line of the body, last line, name
        self._silent: list[tuple[int, int, int, int]] = []
        self._look(tree, prefix="", may_go_deeper=True)

    def of(self, line: int) -> tuple[str, bool]:
        """The function around `line`, and whether the line is in its body."""
        for first, body, last, name in self._functions:
            if first <= line <= last:
                return name, line >= body
        return "", False

    def does_not_run(self, line: int, column: int) -> bool:
        """Annotations, docstrings, `__all__`, and what only a type checker reads: nothing there is ever executed."""
        return any((top, left) <= (line, column) < (bottom, right) for top, left, bottom, right in self._silent)

    def _look(self, node: ast.AST, *, prefix: str, may_go_deeper: bool) -> None:
        for child in ast.iter_child_nodes(node):
            self._note_silent(child)
            name = prefix
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)) and may_go_deeper:
                name = f"{prefix}.{child.name}" if prefix else child.name
            if isinstance(child, ast.FunctionDef) and may_go_deeper:
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                self._functions.append((first, child.body[0].lineno, child.end_lineno or child.lineno, name))
            self._look(child, prefix=name, may_go_deeper=may_go_deeper and not isinstance(child, ast.FunctionDef))

    def _note_silent(self, node: ast.AST) -> None:
        for each in _silent_in(node):
            if isinstance(each, (ast.expr, ast.stmt)):
                self._silent.append((each.lineno, each.col_offset, each.end_lineno or 0, each.end_col_offset or 0))


def _silent_in(node: ast.AST) -> list[Any]:
    """What of `node` is never executed, or is only wording."""
    match node:
        case ast.arg() | ast.AnnAssign():
            return [node.annotation]
        case ast.FunctionDef():
            return [node.returns]
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return [node]
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Assign(targets=[ast.Name(id="__all__")]):
            return [node]
        case ast.ClassDef(bases=[ast.Attribute(attr="TextChoices")]):
            return node.body  # words and labels: the database's constraints and every page repeat them
    return []
