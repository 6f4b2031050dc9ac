"""Giving a loaded module the code of its mutant: every function keeps its identity, wherever it was imported to."""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from cosmic_ray.exceptions import CosmicRayTestingException

builtins.CosmicRayTestingException = CosmicRayTestingException  # type: ignore[attr-defined]  # its operator writes the bare name


class CannotSwap(Exception):
    """The fault is not in the body of a function that can be reached: the module must be loaded with it."""


def swap_constant(module: ModuleType, source: str, line: int) -> None:
    """Give the constant that `source` makes at `line` to everybody who has imported the one of `module`. Raises CannotSwap.

    What was made from it elsewhere while loading (a trigger in the database, a default) stays: another place that repeats it.
    """
    statement = next((each for each in ast.parse(source).body if each.lineno <= line <= (each.end_lineno or 0)), None)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    if statement is None or not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not isinstance(target, ast.Name):
        raise CannotSwap(f"line {line}")
    if _is_used_while_loading(source, statement, target.id):
        raise CannotSwap(f"line {line}: the module makes more of {target.id}")
    old = vars(module)[target.id]
    names = dict(vars(module))
    exec(compile(ast.Module([statement], []), module.__file__ or "", "exec", dont_inherit=True), names)  # noqa: S102
    for other in list(sys.modules.values()):
        for name, value in list(getattr(other, "__dict__", {}).items()):
            if value is old and (other is module or not isinstance(old, (int, str))):
                setattr(other, name, names[target.id])


def _is_used_while_loading(source: str, itself: ast.stmt, name: str) -> bool:
    others = [each for each in ast.parse(source).body if each.lineno != itself.lineno and not isinstance(each, ast.FunctionDef)]
    return any(isinstance(node, ast.Name) and node.id == name for each in others for node in ast.walk(each))


def swap(module: ModuleType, source: str, where: str) -> None:
    """Give the function `where` of `module` the code that it has in `source`. Raises CannotSwap."""
    code = {code.co_qualname: code for code in _codes(compile(source, module.__file__ or "", "exec", dont_inherit=True))}
    functions = [function for function in _functions(vars(module), module.__name__) if function.__qualname__ == where]
    if not functions or where not in code:
        raise CannotSwap(where)
    for function in functions:
        try:
            function.__code__ = code[where]
        except ValueError as error:  # another number of free names
            raise CannotSwap(where) from error


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _functions(names: dict[str, Any], module: str) -> Iterator[FunctionType]:
    for value in list(names.values()):
        if isinstance(value, type) and value.__module__ == module:
            yield from _functions(dict(vars(value)), module)
            continue
        inner = _unwrapped(value)
        if isinstance(inner, FunctionType) and inner.__module__ == module:
            yield inner


def _unwrapped(value: Any) -> Any:
    """The function that was written, below properties and decorators."""
    for name in ("fget", "func", "__func__", "__wrapped__"):
        deeper = getattr(value, name, None)
        if deeper is not None and not isinstance(deeper, property):
            return _unwrapped(deeper)
    return value


class LoadMutated(importlib.abc.MetaPathFinder):
    """Import hook: `name` is loaded from `source` instead of its file."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            return None
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=_From(fullname, spec.origin, self.source))

    def install(self) -> None:
        sys.meta_path.insert(0, self)


class _From(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec", dont_inherit=True)
