"""An operator's own words that mean the same: read at the start, read anew at SIGHUP."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from bot.aliases import apply_aliases, reload_aliases
from bot.errors import SettingsError
from bot.making import topic_of
from digests.text.aliases import default_aliases
from digests.text.keys import use_aliases
from digests.text.words import split_words
from tests.bot.living import START, Running, ask, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(autouse=True)
def _own() -> Iterator[None]:
    yield
    use_aliases("")


def means(first: str, second: str) -> bool:
    aliases = default_aliases()
    one, other = (set(aliases.meanings_of(split_words(words))) for words in (first, second))
    return bool(one & other)


async def found(bot: Running) -> bool:
    person = await bot.person()
    return "Бублик" in (await ask(person, "/topic зубастик")).text


async def test_file_is_used_and_read_anew_here_and_in_the_workers(
    bots: Bots, tmp_path: Path
) -> None:
    path = tmp_path / "aliases.txt"
    path.write_text("кракозябра = закорючка\n", encoding="utf-8")
    async with bots(aliases_file=path) as bot:
        url = bot.feeds.put_feed(("Бублик найден", "Бублик найден под столом.", START))
        await ask(await bot.admin(), f"/addsource {url}")
        assert means("кракозябры", "закорючку")
        assert means("ИИ", "AI"), "the built-in ones stay"
        assert not await found(bot)
        before = topic_of("зубастик")
        path.write_text("бублик = зубастик\n", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGHUP)

        async def reloaded() -> bool:
            return means("бублик", "зубастика")

        await eventually(reloaded, "the new file")
        assert not means("кракозябры", "закорючку")
        assert await found(bot)
        assert topic_of("зубастик") != before, "topics of digests mean what they mean now"
        for pool in (bot.context.workers, bot.context.parsers):
            told = await pool.run(default_aliases)
            assert told.meanings[-1] == default_aliases().meanings[-1]


async def test_file_that_went_away_leaves_what_was(bots: Bots, tmp_path: Path) -> None:
    path = tmp_path / "aliases.txt"
    path.write_text("бублик = зубастик\n", encoding="utf-8")
    async with bots(aliases_file=path) as bot:
        path.unlink()
        reload_aliases(bot.context)
        assert means("бублик", "зубастик")
        with pytest.raises(SettingsError, match="SVODKA_ALIASES_FILE"):
            apply_aliases(bot.context)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
async def test_file_that_cannot_be_read_stops_the_start_with_a_sentence(
    bots: Bots, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "aliases.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="SVODKA_ALIASES_FILE"):
        async with bots(aliases_file=path):
            pass
