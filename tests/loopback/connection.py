"""One gateway websocket: frames leave in order, compressed as one zlib stream when the client asked for that."""

import asyncio
import json
import zlib

from aiohttp import web

from tests.loopback.errors import JSON


class Connection:
    """The sending half of a websocket, so that whoever dispatches an event need not wait."""

    def __init__(self, socket: web.WebSocketResponse, *, compress: bool) -> None:
        self.socket = socket
        self._zlib = zlib.compressobj() if compress else None
        self._outbox: asyncio.Queue[JSON | int] = asyncio.Queue()

    def send(self, frame: JSON) -> None:
        """Queues a frame."""
        self._outbox.put_nowait(frame)

    def close(self, code: int) -> None:
        """Queues the end, after everything that was queued before."""
        self._outbox.put_nowait(code)

    async def pump(self) -> None:
        """Sends what is queued until the end."""
        while not isinstance(frame := await self._outbox.get(), int):
            text = json.dumps(frame, separators=(",", ":"))
            try:
                if self._zlib is None:
                    await self.socket.send_str(text)
                else:
                    # Z_SYNC_FLUSH ends each message, which is how the client finds its end.
                    packed = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(packed)
            except ConnectionError:  # the client went first; what it missed waits for its RESUME
                return
        await self.socket.close(code=frame)
