"""What stands before the two web processes in production: `python -m proof.stage.front_door --port P UPSTREAM_PORT...`.

Each connection goes to the next web process that takes it, as behind Caddy; nothing is read, nothing is answered here. When none
takes it, the caller finds the connection closed, which says: not received, try again.
"""

import argparse
import asyncio
import itertools
from contextlib import suppress

PIECE = 65536


class FrontDoor:
    def __init__(self, ports: list[int]) -> None:
        self._ports, self._turn = ports, itertools.count()

    async def serve(self, port: int) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", port, backlog=512)
        await server.serve_forever()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await self._connect()
            if upstream is not None:
                await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer))
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for number in range(len(self._ports)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._ports[(first + number) % len(self._ports)])
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; then the other is told."""
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="proof.stage.front_door")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("ports", type=int, nargs="+")
    options = parser.parse_args()
    asyncio.run(FrontDoor(options.ports).serve(options.port))


if __name__ == "__main__":
    main()
