"""A wire of a given length on the loopback: `delay OWN-PORT PORT SECONDS-ONE-WAY`."""

import asyncio
import sys


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
) -> None:
    loop, last = asyncio.get_running_loop(), None
    while octets := await reader.read(65536):
        last = loop.call_later(seconds, writer.write, octets)
    await asyncio.sleep(seconds * 2 if last else 0)
    if not writer.is_closing():
        writer.close()


async def main() -> None:
    """Until the process is ended."""
    own, port, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        ways = (_carry(reader, back, seconds), _carry(there, writer, seconds))
        await asyncio.gather(*ways, return_exceptions=True)

    async with await asyncio.start_server(connected, "127.0.0.1", own) as server:
        await server.serve_forever()


asyncio.run(main())
