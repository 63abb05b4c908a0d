"""Prints the table of `make eval`."""

import asyncio

from rich.console import Console
from rich.table import Table

from digests.embedding import is_installed
from evaluation import (
    faithfulness,
    replay,
    same_story,
    semantic,
    stories,
    summaries,
    topics,
    updates,
)
from evaluation.data import SHARED, by_outlet, by_time


async def main() -> None:
    table = Table("figure", "ours", "references", title="make eval", title_justify="left")
    for row in [*await _rows_of_stories(), *_rows_of_pairs(), *_rows_of_summaries()]:
        table.add_row(*row)
    for row in await _rows_of_the_extra():
        table.add_row(*row)
    replayed = await replay.judge()
    table.add_row(
        f"the same event twice in one digest; unmarked repeats, over {replay.DIGESTS} digests of "
        f"each of {len(replay.READERS)} readers",
        f"{len(replayed.twice)}; {len(replayed.unmarked)}",
        f"{replayed.told} items and {replayed.updates} updates told",
    )
    for name, updated in (("newsroom", updates.judge()), ("own", updates.judge_own())):
        table.add_row(
            f"updates of developing stories ({name}, {updated.meant} meant): precision / recall",
            f"{updated.precision:.2f} / {updated.recall:.2f}",
            "",
        )
    matched = topics.judge()
    table.add_row(
        f"topic match, {matched.pairs} pairs written before tuning",
        f"{matched.ours:.1%}",
        f"substring search {matched.substring:.1%}",
    )
    faithful = faithfulness.judge()
    table.add_row(
        f"faithfulness of {faithful.sentences} sentences",
        f"{faithful.verbatim / faithful.sentences:.1%}, {faithful.boilerplate} with boilerplate",
        "",
    )
    console = Console(width=130)
    console.print(table)
    if not SHARED.exists():
        console.print("The development data is absent: its rows are left out.")


async def _rows_of_stories() -> list[tuple[str, str, str]]:
    rows = []
    for name, batches in (("as published", by_time()), ("outlet by outlet", by_outlet())):
        score = await stories.judge(batches)
        rows.append(
            (
                f"newsroom stories, arriving {name}: B-cubed F1 / precision",
                f"{score.f1:.3f} / {score.precision:.3f}",
                "",
            )
        )
    for hours, order in ((1, "within an hour"), (24, "within a day")):
        kept = await stories.agreement(hours)
        rows.append(
            (
                f"stories kept when articles arrive in another order {order}: B-cubed F1",
                f"{sum(kept) / len(kept):.3f}, at worst {min(kept):.3f} of {len(kept)} orders",
                "",
            )
        )
    return rows


def _rows_of_pairs() -> list[tuple[str, str, str]]:
    rows = []
    if judged := same_story.judge("ru"):
        ours, *others = judged
        told = "; ".join(
            f"{one.name} {one.f1:.3f}, ours above it in {one.beaten:.0%} of the splits"
            for one in others
        )
        rows.append(
            (
                "same story, Russian hard pairs, F1 (sd)",
                f"{ours.f1:.3f} ({ours.deviation:.3f})",
                told,
            )
        )
    for language, name in (("ru", "Russian"), ("en", "English")):
        for kind, records in (
            ("hard", same_story.hard_pairs(language)),
            ("own", same_story.own_pairs(language)),
        ):
            wrong = len(same_story.wrong_pairs(records, language)) if records else 0
            if records:
                title = f"{name} pairs ({kind}) wrong at the threshold in use"
                rows.append((title, f"{wrong} of {len(records)}", ""))
    return rows


async def _rows_of_the_extra() -> list[tuple[str, str, str]]:
    if not is_installed():
        return [("with the extra `semantic`", "not installed", "")]
    rows = []
    if judged := same_story.judge("ru", embedded=True):
        ours, *others = judged
        told = "; ".join(f"{one.name} {one.f1:.3f}, above in {one.beaten:.0%}" for one in others)
        title = "with the extra: same story, Russian hard pairs, F1 (sd)"
        rows.append((title, f"{ours.f1:.3f} ({ours.deviation:.3f})", told))
    for language, name in (("ru", "Russian"), ("en", "English")):
        records = same_story.hard_pairs(language) + same_story.own_pairs(language)
        wrong = len(same_story.wrong_pairs(records, language, embedded=True))
        without = len(same_story.wrong_pairs(records, language))
        title = f"with the extra: {name} pairs wrong at the threshold in use"
        rows.append((title, f"{wrong} of {len(records)}", f"ours without {without}"))
    for name, judge in (
        ("newsroom events, as published", lambda on: semantic.judge_newsroom(by_time(), on)),
        ("newsroom events, outlet by outlet", lambda on: semantic.judge_newsroom(by_outlet(), on)),
        ("events of abroad.toml", semantic.judge_abroad),
    ):
        figures = []
        for on in (True, False):
            score = await judge(on)
            figures.append(f"{score.f1:.3f} / {score.precision:.3f} / {score.recall:.3f}")
        title = f"with the extra: {name}, ru + en as one: B-cubed F1 / precision / recall"
        rows.append((title, figures[0], f"ours without {figures[1]}"))
    return rows


def _rows_of_summaries() -> list[tuple[str, str, str]]:
    from evaluation.references import summarisers  # noqa: PLC0415 - sumy is installed by `make eval`

    judged = summaries.judge([("ours", summaries.ours), ("lead-3", summaries.lead), *summarisers()])
    if not judged:
        return []
    ours, *others = judged
    told = "; ".join(f"{one.name} {one.one:.3f}/{one.two:.3f}" for one in others)
    return [("summary, ROUGE-1/2 on lemmas", f"{ours.one:.3f}/{ours.two:.3f}", told)]


if __name__ == "__main__":
    asyncio.run(main())
