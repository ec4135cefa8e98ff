"""The encoder that answers for this process: a worker somewhere, or one that is started here."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from bot.settings import BotSettings
from encoder.client import EncoderClient
from encoder.errors import EncoderError, EncoderUnavailable
from encoder.gathering import Gathering
from encoder.settings import EncoderSettings
from encoder.supervisor import WorkerProcess
from index.errors import EmbedderUnavailable
from index.search import Embed

log = logging.getLogger(__name__)

_EMBED_TIMEOUT_S = 1.0  # a reply is due in 3 s, and words alone still answer after this
_START_AGAIN_S = 30.0


class EncoderLink:
    """Starts and stops the worker if it is ours, and turns queries into vectors."""

    def __init__(self, settings: BotSettings) -> None:
        self._settings = settings
        self._worker: WorkerProcess | None = None
        self._client: EncoderClient | None = None
        self._gathering: Gathering | None = None
        self._trouble = "The encoder is still starting."
        self._answered = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to connect; until that is done, `encoded` says that there is no encoder."""
        self._task = asyncio.create_task(self._connect(), name="encoder-start")

    async def ready(self, timeout_s: float) -> bool:
        """Waits until the encoder answers; False when it does not in that time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), timeout_s)
        return self._client is not None

    async def stop(self) -> None:
        """Lets go of the worker, and ends it if it is ours."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        if self._worker is not None:
            await self._worker.stop()

    async def reload(self) -> None:
        """Has the worker switch to the model that is current now."""
        if self._client is None:
            return
        try:
            info = await self._client.reload()
            log.info("the encoder holds model %s", info.fingerprint)
        except EncoderError as error:
            log.error("the encoder kept its model: %s", error)

    async def encoded(
        self, text: str | None, fingerprint: str | None, refused: Callable[[], object]
    ) -> Embed | None:
        """Encodes a query; what comes back gives its vector, or says why there is none, to `Searcher.search`.

        Args:
            text: None when the search needs no vector.
            fingerprint: of the model to encode with; None when the index has no vectors to compare with.
            refused: called when the encoder cannot answer.

        """
        if text is None or fingerprint is None:
            return None
        try:
            if self._gathering is None:
                raise EncoderUnavailable(self._trouble)
            vector = await self._gathering.embed(text, fingerprint)
        except EncoderError as error:
            if self._gathering is not None:
                log.warning("searching words only: %s", error)
            refused()
            return _refusing(str(error))
        return lambda _: vector[None]

    async def status(self) -> str:
        """The encoder in a few words."""
        if self._client is None:
            return self._trouble
        try:
            info = await self._client.health()
        except EncoderError as error:
            return str(error)
        return f"model {info.fingerprint} on {info.device}, {info.precision}"

    async def _connect(self) -> None:
        if self._settings.encoder_url is not None:
            secret = self._settings.encoder_secret
            self._use(
                EncoderClient(
                    self._settings.encoder_url,
                    secret=secret.get_secret_value() if secret else None,
                    timeout_s=_EMBED_TIMEOUT_S,
                )
            )
            return
        while self._client is None:
            worker = WorkerProcess(EncoderSettings(data_dir=self._settings.data_dir))
            try:
                await worker.start()
            except EncoderError as error:
                self._trouble = str(error)
                log.error("%s", error)
                self._answered.set()
                await asyncio.sleep(_START_AGAIN_S)
            else:
                self._worker = worker
                self._use(worker.client(_EMBED_TIMEOUT_S))

    def _use(self, client: EncoderClient) -> None:
        self._client, self._gathering = client, Gathering(client)
        self._answered.set()


def _refusing(why: str) -> Embed:
    def embed(_: Sequence[str]) -> npt.NDArray[np.float32]:
        raise EmbedderUnavailable(why)

    return embed
