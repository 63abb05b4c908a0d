"""What stands in `deploy/` names only what the bot really shows."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import KILL_REASONS, Metrics, Reading
from storage.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text("utf-8"))
RULES = (ROOT / "deploy" / "alerts.yml").read_text("utf-8")
NOW = datetime(2026, 11, 25, tzinfo=UTC)
FIGURES = Figures(
    9, 5, 3, 2, 1,
    {"healthy": 1, "failing": 1, "parked": 1},
    {"waiting": 1, "claimed": 0, "sending": 0},
)  # fmt: skip
# What Prometheus itself adds, and its functions and words.
FOREIGN = {"up", "job"}
WORDS = {
    "and", "by", "histogram_quantile", "increase", "le", "max", "or", "rate", "sum",
}  # fmt: skip


def shown() -> dict[str, dict[str, set[str]]]:
    """Every sample the bot shows: name, and the values seen of each label."""
    metrics = Metrics()
    for outcome in ("ok", "retry_after", "error", "bad_request", "forbidden"):
        metrics.requests.labels(outcome)
        metrics.deliveries.labels("sent" if outcome == "ok" else outcome)
    for command in ("latest", "topic", "words", "button"):
        metrics.commands.labels(command)
    metrics.updates.labels("message", "done")
    metrics.digest_made(timedelta(seconds=3), told=True)
    kills = {"parsing": dict.fromkeys(KILL_REASONS, 0)}
    reading = Reading(FIGURES, NOW, {"publish_digests": 0.1, "forget_old": 3.0}, kills)
    names: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(metrics.exposition(reading).decode()):
        for sample in family.samples:
            labels = names.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return names


SHOWN = shown()


def queries() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    yield from re.findall(r"^\s+expr: (.+)$", RULES, re.MULTILINE)


SELECTOR = re.compile(r"(?P<name>[a-z_]+)(?:\{(?P<matchers>[^}]*)\})?")
MATCHER = re.compile(r'(?P<label>\w+)(?P<operator>=~|!~|!=|=)"(?P<value>[^"]*)"')


def complaints(query: str) -> list[str]:
    """What a query names that is not there: metrics, labels, values of labels."""
    wrong = []
    bare = re.sub(r'"[^"]*"', '""', query)
    for by in re.findall(r"by \(([^)]*)\)", bare):
        known = {label for labels in SHOWN.values() for label in labels} | {"le"}
        wrong += [f"by {label}" for label in re.split(r",\s*", by) if label not in known]
    without_by = re.sub(r"by \([^)]*\)", "", query)
    for match in SELECTOR.finditer(re.sub(r"\[\w+\]", "", without_by)):
        name = match["name"]
        inside = without_by[: match.start()].count("{") > without_by[: match.start()].count("}")
        if name in WORDS or name in FOREIGN or inside:
            continue
        if name not in SHOWN:
            wrong.append(name)
            continue
        for matcher in MATCHER.finditer(match["matchers"] or ""):
            if matcher["label"] == "job":
                continue
            values = SHOWN[name].get(matcher["label"], set())
            wanted = (
                matcher["value"].split("|") if "~" in matcher["operator"] else [matcher["value"]]
            )
            wrong += [f"{name}.{matcher['label']}={one}" for one in wanted if one not in values]
    return wrong


@pytest.mark.parametrize("query", list(queries()))
def test_query_names_only_what_is_shown(query: str) -> None:
    assert not complaints(query)
    assert query.count("(") == query.count(")")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("sum(svodka_article_total)", ["svodka_article_total"]),
        ('svodka_sources{state="dead"}', ["svodka_sources.state=dead"]),
        ('svodka_sources{status="parked"}', ["svodka_sources.status=parked"]),
        ("sum by (color) (svodka_sources)", ["by color"]),
        ('rate(svodka_deliveries_total{outcome=~"sent|lost"}[5m])',
         ["svodka_deliveries_total.outcome=lost"]),
    ],
)  # fmt: skip
def test_wrong_query_is_seen(query: str, wrong: list[str]) -> None:
    assert complaints(query) == wrong


def test_every_metric_of_ours_stands_on_the_dashboard() -> None:
    everything = " ".join(queries())
    families = {
        re.sub(r"_(bucket|count|sum|created)$", "", name)
        for name in SHOWN
        if name.startswith("svodka_") and not name.endswith("_created")
    }
    assert {name for name in families if name not in everything} == {"svodka_info"}


def test_dashboard_has_a_datasource_and_panels_that_do_not_overlap() -> None:
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["source"]
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_alert_says_what_to_do() -> None:
    rules = RULES.split("- alert: ")[1:]
    assert len(rules) >= 10
    for rule in rules:
        for part in ("expr: ", "severity: ", "summary: ", "action: "):
            assert part in rule, rule.splitlines()[0]
