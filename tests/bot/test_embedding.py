"""The optional extra in the running bot: one event, told in Russian and in English."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import embedding
from bot.core import open_core
from bot.errors import SettingsError, WorkerError
from bot.files import add_document
from bot.settings import load_settings
from digests.embedding import SCALE
from digests.models import ChatId
from storage.subscribers import set_reads
from tests.bot.living import START, Running, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.sandbox.client import Member
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUSSIAN = (
    "Лугория подняла ставку до 16 процентов",
    "Глава Нацбанка Арвид Селин объяснил решение ослаблением крона на 11 процентов за месяц.",
)
ENGLISH = (
    "Lugoria raises its main rate to 16%",
    "Arvid Selin, the governor, blamed the falling kron, which has lost 11% since last month.",
)
AGAIN = (
    "Why Lugoria's central bank had to raise its rate to 16%",
    "Arvid Selin told reporters that 340 shops in Wellen no longer take the kron, down by 11%.",
)


HOUR = timedelta(hours=1)


class Model:
    """Stands in for the worker with the model: everything means the same."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    async def run(self, _function: Callable[..., Any], texts: Sequence[str]) -> list[bytes]:
        self.asked += texts
        if self.error:
            raise self.error
        return [bytes([round(SCALE / 16)] * 256) for _ in texts]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    stand_in = Model()

    @contextmanager
    def lent(**_: object) -> Iterator[Model]:
        yield stand_in

    monkeypatch.setattr(embedding, "start_workers", lent)
    monkeypatch.setattr(embedding, "is_installed", lambda: True)
    return stand_in


async def add_feed_of(running: Running, *items: tuple[str, str, datetime], title: str) -> str:
    url = running.feeds.put_feed(*items, title=title)
    await ask(await running.admin(), f"/addsource {url}")
    return url


async def reader_of(running: Running, reads: str) -> Member:
    person = await running.subscribed()
    await set_reads(running.context.db, ChatId(person.chat_id), reads)
    return person


async def test_asked_for_and_not_installed_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "is_installed", lambda: False)
    settings = load_settings(_env_file=None, semantic="on")
    with pytest.raises(SettingsError, match=r"SVODKA_SEMANTIC is on.*make semantic"):
        async with open_core(settings, tmp_path / "svodka.sqlite"):
            pass


async def test_an_event_in_two_languages_is_one_story_in_the_languages_a_chat_reads(
    bots: Bots, model: Model
) -> None:
    async with bots(empty=True, semantic="on") as running:
        await add_feed_of(running, (*RUSSIAN, START - 2 * HOUR), title="Вестник")
        await add_feed_of(running, (*ENGLISH, START - HOUR), title="Herald")
        people = {reads: await reader_of(running, reads) for reads in ("ru", "en", "all")}
        latest = {reads: (await ask(person, "/latest")).text for reads, person in people.items()}
        running.clock.now = START + timedelta(hours=3)
        told = {r: (await running.wait_digests(p, 1))[0].text for r, p in people.items()}
    for texts in (latest, told):
        assert "Лугория" in texts["ru"]
        assert "Herald" not in texts["ru"]
        assert "Lugoria" in texts["en"]
        assert "Вестник" not in texts["en"]
        assert "Лугория" in texts["all"]  # told once, and in the chat's own language
        assert "Lugoria" not in texts["all"]


async def test_a_first_report_in_the_other_language_is_no_update(bots: Bots, model: Model) -> None:
    async with bots(empty=True, semantic="on") as running:
        await add_feed_of(running, (*RUSSIAN, START - 2 * HOUR), title="Вестник")
        before = ("Film festival opens", "The jury will meet on Sunday evening.", START - HOUR)
        english = await add_feed_of(running, before, title="Herald")
        people = [await reader_of(running, reads) for reads in ("all", "ru")]
        running.clock.now = START + 3 * HOUR
        for person in people:
            await running.wait_digests(person, 1)
        running.clock.now = START + 24 * HOUR
        running.feeds.replace(english, (*AGAIN, START + 23 * HOUR), before)
        running.clock.move(hours=2)
        await running.settled()
        rows = await running.context.db.fetch_all("SELECT story_id FROM article ORDER BY id")
        told, _, again = (row["story_id"] for row in rows)
        assert again == told
        running.clock.now = START + 27 * HOUR
        await running.settled()
        for person in people:
            assert len(await running.digests(person)) == 1
            assert not [m for m in await person.from_bot() if m.text.startswith("↻")]


async def test_only_new_articles_of_these_days_are_embedded(bots: Bots, model: Model) -> None:
    async with bots(empty=True, semantic="on") as running:
        old = ("Давняя новость о городе", "Её рассказали неделю назад.", START - 168 * HOUR)
        fresh = (*RUSSIAN, START - 2 * HOUR)
        url = await add_feed_of(running, fresh, old, title="Вестник")
        assert [text.split(".")[0] for text in model.asked] == [RUSSIAN[0]]
        running.feeds.replace(url, fresh, (*ENGLISH, START + HOUR))
        running.clock.move(hours=2)
        await running.settled()
        assert [text.split(".")[0] for text in model.asked] == [RUSSIAN[0], ENGLISH[0]]


async def test_articles_are_stored_without_their_meaning_when_the_model_fails(
    tmp_path: Path, model: Model, quick: None
) -> None:
    model.error = WorkerError(job="embed", reason="TimeoutError")
    settings = load_settings(_env_file=None, semantic="on")
    async with open_core(settings, tmp_path / "svodka.sqlite", now=lambda: START) as opened:
        data = f" date 2026-11-22 {RUSSIAN[0]}\n\n{RUSSIAN[1]}".encode()
        added, rejected = await add_document(opened, data, "article.txt", None)
        assert (added.new, rejected) == (1, ())
        row = await opened.db.fetch_one("SELECT vector FROM article_sketch")
    assert model.asked
    assert row is not None
    assert row["vector"] is None
