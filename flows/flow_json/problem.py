"""One thing that is wrong with a Flow JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """`error` is the name Meta gives it, `path` a JSON pointer (RFC 6901) into the Flow, `message` a sentence."""

    error: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.error} at {self.path or '/'}: {self.message}"


Problems = Iterator[Problem]
