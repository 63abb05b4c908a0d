"""An administrator takes an article out of a story and puts it back, by buttons."""

from __future__ import annotations

import pytest

from bot.i18n import language
from tests.bot.living import Running, ask, edited

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


async def test_an_article_is_taken_out_and_merged_back(running: Running) -> None:
    admin = await running.admin()
    offered = await ask(admin, "/split пожар")
    assert offered.text == say("split.ask")
    label = offered.labels[0]
    count, title = label.split(" · ", 1)
    members = await edited(admin, label, lambda m: m.text.startswith(say("split.members")))
    assert members.labels == [*map(str, range(1, int(count) + 1)), say("merge.other")]
    taken = members.text.splitlines()[-1].removeprefix(f"{count}. ")

    answer = await admin.press(count)
    assert answer.text == say("split.done")
    alone = await admin.wait_for(lambda m: m.labels == [say("merge.other")], newest=True)
    assert taken in alone.text
    await admin.press(say("merge.other"))
    others = await admin.wait_for(lambda m: m.labels != alone.labels, newest=True)
    assert title in others.labels, "the story it was taken from is offered again"
    answer = await admin.press(title)
    assert answer.text == say("merge.done")
    again = await admin.wait_for(lambda m: m.labels == members.labels, newest=True)
    assert taken in again.text


async def test_merge_offers_stories_and_says_when_there_are_none(running: Running) -> None:
    admin = await running.admin()
    offered = await ask(admin, "/merge")
    assert offered.text == say("merge.ask")
    await admin.press(offered.labels[0])
    asked = await admin.wait_for(lambda m: m.labels != offered.labels, newest=True)
    assert asked.text.startswith("С чем объединить «")
    assert offered.labels[0] not in asked.labels
    assert (await ask(admin, "/split жирафообразные")).text == say("split.none")
    assert (await ask(admin, "/merge жирафообразные")).text == say("stories.none")


@pytest.mark.parametrize(
    "data", ["members:99999", "takeout:99999", "merge:99999:0", "merge:1:99999"]
)
async def test_a_stale_button_changes_nothing(running: Running, data: str) -> None:
    admin = await running.admin()
    message = await ask(admin, "/merge")
    before = await running.context.db.fetch_all("SELECT id, story_id FROM article")
    answer = await admin.press_raw(message, data)
    assert answer.text == say("error.stale_button")
    after = await running.context.db.fetch_all("SELECT id, story_id FROM article")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]


async def test_only_administrators_correct(running: Running) -> None:
    person = await running.person()
    for command in ("/split", "/merge"):
        assert (await ask(person, command)).text == say("error.not_allowed")
