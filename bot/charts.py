"""Pictures of numbers: drawn in a worker, and known to Telegram by a file id once it has them."""

import json
from collections import OrderedDict
from typing import Final

import structlog
from aiogram.types import BufferedInputFile, InputFile

from bot.context import Core
from bot.errors import WorkerError
from bot.rendering import Chart
from digests.recap import draw

log = structlog.get_logger()

KEPT: Final = 500  # file ids, a few hundred bytes each


async def picture(core: Core, chart: Chart) -> InputFile | None:
    """None: it could not be drawn, and the words have to do."""
    try:
        drawn = await core.workers.run(draw, chart.title, chart.bars)
    except WorkerError as error:
        log.warning("chart_failed", cause=str(error))
        return None
    return BufferedInputFile(drawn, "chart.png")


class KnownPictures:
    """Chats with the same topics get the same chart: it is drawn and uploaded once."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, str] = OrderedDict()

    async def of(self, core: Core, chart: Chart) -> InputFile | str | None:
        known = self._ids.get(_name(chart))
        return known or await picture(core, chart)

    def keep(self, chart: Chart, file_id: str) -> None:
        self._ids[_name(chart)] = file_id
        if len(self._ids) > KEPT:
            self._ids.popitem(last=False)


def _name(chart: Chart) -> str:
    return json.dumps([chart.title, chart.bars])
