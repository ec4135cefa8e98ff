"""The client against a real worker, and against servers that misbehave."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from encoder.client import FAILURES_TO_OPEN, EncoderClient
from encoder.embedder import Embedder
from encoder.errors import BadRequest, EncoderBusy, EncoderUnavailable, ModelMismatch
from encoder.settings import EncoderSettings
from encoder.worker import serve
from tests.encoder.conftest import StartWorker
from tests.encoder.tiny import VERSES

Answer = bytes | None
"""What a server sends when asked: bytes, or nothing and a closed connection."""
StartServer = Callable[..., Awaitable["Server"]]


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


GOOD = http("200 OK", np.array([1.0, 0.0], "<f4").tobytes(), "Verse-Shape: 1,2", "Verse-Fingerprint: abc")


class Server:
    """Answers the n-th request with the n-th answer, and every further one with the last."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.asked = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = (line.partition(":") for line in head.decode().lower().splitlines())
                length = next((int(value) for name, _, value in lines if name == "content-length"), 0)
                await reader.readexactly(length)
                answer = self.answers[min(self.asked, len(self.answers) - 1)]
                self.asked += 1
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def start_server() -> AsyncIterator[StartServer]:
    async with AsyncExitStack() as stack:

        async def start(*answers: Answer) -> Server:
            server = Server(list(answers))
            listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
            stack.push_async_callback(listener.wait_closed)
            stack.callback(listener.close)
            server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
            return server

        yield start


async def test_it_gets_what_the_model_gives(start_worker: StartWorker, embedder: Embedder) -> None:
    worker = await start_worker()
    async with worker.client() as client:
        vectors = await client.embed(VERSES, model=embedder.fingerprint)
        assert vectors.dtype == np.float32
        assert vectors.flags.writeable
        np.testing.assert_allclose(vectors, embedder.embed(VERSES), atol=1e-5)
        tokens = await client.embed_tokens(VERSES)
        for got, want in zip(tokens, embedder.token_rows(embedder.tokenize(VERSES)), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-5)
        info = await client.health()
        assert (info.fingerprint, info.dim, info.device) == (embedder.fingerprint, embedder.dim, "cpu")


async def test_each_refusal_has_its_type(start_worker: StartWorker) -> None:
    worker = await start_worker(encoder_secret="right", worker_max_texts=2)
    async with worker.client() as client:
        with pytest.raises(ModelMismatch):
            await client.embed(["a"], model="0" * 16)
        with pytest.raises(BadRequest, match="more than 2"):
            await client.embed(["a"] * 3)
    async with EncoderClient(worker.url, secret="wrong") as stranger:
        with pytest.raises(BadRequest, match="VERSE_ENCODER_SECRET"):
            await stranger.embed(["a"])
    unready = await start_worker(loaded=False)
    async with unready.client() as client:
        with pytest.raises(EncoderUnavailable, match="still loading"):
            await client.health()


@pytest.mark.parametrize("answer", [None, http("502 Bad Gateway"), http("500 Oops", b"a replica died")])
async def test_a_connection_or_replica_that_broke_is_worth_another_try(
    start_server: StartServer, answer: Answer
) -> None:
    server = await start_server(answer, GOOD)
    async with EncoderClient(server.url) as client:
        np.testing.assert_array_equal(await client.embed(["a"]), [[1, 0]])
    assert server.asked == 2


@pytest.mark.parametrize("answer", [None, http("502 Bad Gateway"), http("500 Oops", b"a replica died")])
async def test_and_only_once(start_server: StartServer, answer: Answer) -> None:
    server = await start_server(answer)
    async with EncoderClient(server.url) as client:
        with pytest.raises(EncoderUnavailable):
            await client.embed(["a"])
    assert server.asked == 2


async def test_a_model_that_failed_is_not_asked_again(start_server: StartServer) -> None:
    body = b'{"error": {"type": "EncoderError", "message": "The model failed."}}'
    server = await start_server(http("500 Oops", body))
    async with EncoderClient(server.url) as client:
        with pytest.raises(EncoderUnavailable, match="The model failed"):
            await client.embed(["a"])
    assert server.asked == 1


async def test_a_refusal_is_not_tried_again(start_server: StartServer) -> None:
    server = await start_server(http("503 Busy", b"", "Retry-After: 3"))
    async with EncoderClient(server.url) as client:
        with pytest.raises(EncoderBusy) as refusal:
            await client.embed(["a"])
    assert refusal.value.retry_after_s == 3
    assert server.asked == 1


async def test_silence_ends_at_the_timeout(start_server: StartServer) -> None:
    server = await start_server(b"")
    async with EncoderClient(server.url, timeout_s=0.1) as client:
        began = asyncio.get_running_loop().time()
        with pytest.raises(EncoderUnavailable, match=r"no answer in 0\.1 s"):
            await client.embed(["a"])
        assert 0.09 < asyncio.get_running_loop().time() - began < 1
    assert server.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", b"<html>a login page</html>", "Content-Type: text/html"),
        http("200 OK", b"123", "Verse-Shape: 1,2"),
        http("200 OK", b"12345678", "Verse-Shape: 2,2"),
        http("200 OK", b"12345678", "Verse-Shape: 1,1"),
        http("200 OK", b"12345678", "Verse-Shape: one"),
        http("200 OK", b"1234567812345678", "Verse-Shape: 2,2"),
        http("502 Bad Gateway", b"nginx"),
        http("500 Oops", b'{"error": {"type": "SystemExit", "message": "no"}}'),
        http("500 Oops", b'{"error": "no"}'),
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
async def test_whatever_is_not_a_worker_is_unavailable(start_server: StartServer, answer: bytes) -> None:
    server = await start_server(answer)
    async with EncoderClient(server.url) as client:
        with pytest.raises(EncoderUnavailable):
            await client.embed(["a"])
        with pytest.raises(EncoderUnavailable):
            await client.health()


async def test_after_many_failures_it_asks_no_more_until_a_probe_succeeds(start_server: StartServer) -> None:
    loading = http("503 Loading", b'{"error": {"type": "EncoderUnavailable", "message": "Loading."}}')
    server = await start_server(*[loading] * FAILURES_TO_OPEN, GOOD)
    async with EncoderClient(server.url) as client:
        for _ in range(FAILURES_TO_OPEN + 10):
            with pytest.raises(EncoderUnavailable):
                await client.embed(["a"])
        assert server.asked == FAILURES_TO_OPEN
        async with asyncio.timeout(10):
            while True:
                try:
                    await client.embed(["a"])
                    break
                except EncoderUnavailable:
                    await asyncio.sleep(0.05)
        assert server.asked == FAILURES_TO_OPEN + 1
        await client.embed(["a"])


async def test_refusals_do_not_open_the_circuit(start_worker: StartWorker) -> None:
    worker = await start_worker()
    async with worker.client() as client:
        for _ in range(FAILURES_TO_OPEN + 1):
            with pytest.raises(ModelMismatch):
                await client.embed(["a"], model="0" * 16)
        assert len(await client.embed(["a"])) == 1


async def test_nobody_there(unused_tcp_port: int) -> None:
    async with EncoderClient(f"http://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(EncoderUnavailable, match="cannot be reached"):
            await client.embed(["a"])
    async with EncoderClient("unix:/nowhere/at/all.sock") as client:
        with pytest.raises(EncoderUnavailable, match="cannot be reached"):
            await client.health()


async def test_a_unix_socket(tmp_path: Path, model_dir: Path, embedder: Embedder) -> None:
    path = tmp_path / "worker.sock"
    settings = EncoderSettings(_env_file=None, worker_socket=path, model_dir=model_dir, precision="float32")
    urls: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(serve(settings, ready=lambda url, _: urls.put_nowait(url)))
    async with asyncio.timeout(20), EncoderClient(await urls.get(), timeout_s=10) as client:
        np.testing.assert_allclose(await client.embed(["a"]), embedder.embed(["a"]), atol=1e-5)
    assert path.stat().st_mode & 0o777 == 0o600
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def test_importing_it_imports_no_torch() -> None:
    """The bot answers by words while torch would still be loading."""
    code = "import sys, encoder.client, encoder.supervisor, encoder.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
