"""A small load generator: some connections, kept alive, each sending the next request as soon as the last is answered."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.place import HOST


@dataclass(frozen=True)
class Result:
    """Requests per second, and latencies in milliseconds."""

    rate: float
    latencies: list[float]
    bad: int

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def http_request(port: int, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of one POST."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send_all(port: int, requests: Sequence[bytes], *, connections: int = 8, per_second: float = 0) -> Result:
    """Sends every request once. With `per_second` they leave at that pace, whatever the answers do."""
    return asyncio.run(_send_all(port, requests, connections, per_second))


async def _send_all(port: int, requests: Sequence[bytes], connections: int, per_second: float) -> Result:
    waiting = iter(enumerate(requests))
    latencies: list[float] = []
    bad = 0
    began = time.perf_counter()

    async def one_connection() -> None:
        nonlocal bad
        reader, writer = await asyncio.open_connection(HOST, port)
        for number, request in waiting:
            due = began + number / per_second if per_second else 0.0
            if due > time.perf_counter():
                await asyncio.sleep(due - time.perf_counter())
            sent = max(due, 0.0) or time.perf_counter()
            writer.write(request)
            status = await _read_answer(reader)
            latencies.append((time.perf_counter() - sent) * 1000)
            bad += status >= 400
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return Result(len(requests) / (time.perf_counter() - began), latencies, bad)


async def _read_answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    if b"chunked" in lowered:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        at = lowered.index(b"content-length:") + 15
        await reader.readexactly(int(lowered[at : lowered.index(b"\r\n", at)]))
    return int(head[9:12])


def rounds(*sides: str, times: int = 3) -> Iterator[str]:
    """A B A B A B: noise of the machine hits all sides alike."""
    for _ in range(times):
        yield from sides
