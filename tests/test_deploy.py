"""What stands in `deploy/` names only what the bot really shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from prometheus_client.parser import text_string_to_metric_families

from bot import __version__
from bot.cli import app
from bot.metrics import KILL_REASONS, Metrics, Reading
from bot.settings import PREFIX, Settings
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


# --- the ways to run it ----------------------------------------------------------------------

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
UNIT = (ROOT / "deploy" / "svodka.service").read_text("utf-8")


def test_settings_named_in_files_and_documents_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    places = [*ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*"), *ROOT.glob("*.md")]
    for path in (*places, ROOT / "Dockerfile", ROOT / "compose.yaml"):
        named = set(re.findall(r"\bSVODKA_[A-Z_]+[A-Z]", path.read_text("utf-8")))
        assert named <= known, path.name


def test_subcommands_named_in_documents_exist() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *ROOT.glob("deploy/*")):
        text = path.read_text("utf-8")
        named = set(re.findall(r"(?:`|^ {4}|bin/)svodka ([a-z]+)", text, re.MULTILINE))
        assert named <= {*commands}, path.name


def test_files_that_documents_link_to_exist() -> None:
    for path in (*ROOT.glob("docs/*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_files_of_ours_that_documents_name_exist() -> None:
    places = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md"), *ROOT.glob("*.md")]
    ours = re.compile(r"`((?:bot|digests|storage|tests|deploy|docs)/[\w./-]+)`")
    for path in places:
        named = set(ours.findall(path.read_text("utf-8"))) - {"bot/locales/uk.po"}  # an example
        assert all((ROOT / name).exists() for name in named), f"{path.name}: {named}"


def test_every_decision_stands_in_their_list() -> None:
    folder = ROOT / "docs" / "decisions"
    wanted = []
    for path in sorted(folder.glob("0*.md")):
        number, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" ", 1)
        wanted.append(f"- [{number}]({path.name}) {title}")
    listed = (folder / "README.md").read_text("utf-8").splitlines()
    assert [line for line in listed if line.startswith("- ")] == wanted


def test_container_is_built_from_locked_packages_and_runs_without_root() -> None:
    installs = re.findall(r"pip install (.+?)(?:\s\\|$)", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert {"--no-deps", "--no-build-isolation"} <= set(installs[1].split())
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text("utf-8")
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in allowed, f"{name} is not let through by .dockerignore"
    last_stage = DOCKERFILE.split("FROM ")[-1]
    assert re.search(r"^USER 10001", last_stage, re.MULTILINE)
    assert "/healthz" in last_stage
    assert "SQLITE_TMPDIR=/data" in last_stage, "a migration of a large file would fail in /tmp"
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
        assert line in COMPOSE


def test_charts_have_a_place_that_may_be_written() -> None:
    """Matplotlib wants one; without it each worker leaves a folder of its own in /tmp."""
    assert "MPLCONFIGDIR=/tmp/" in DOCKERFILE
    assert "- /tmp:" in COMPOSE
    assert "Environment=MPLCONFIGDIR=/var/cache/svodka" in UNIT
    assert "CacheDirectory=svodka" in UNIT


def test_unit_stops_as_slowly_as_the_bot_and_does_not_restart_what_cannot_run() -> None:
    assert "RestartPreventExitStatus=2" in UNIT
    assert "ExecReload=/bin/kill -HUP" in UNIT
    seconds = re.search(r"TimeoutStopSec=(\d+)", UNIT)
    assert seconds
    assert int(seconds[1]) > 10


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_unit_is_sound_and_exposes_little(tmp_path: Path) -> None:
    unit = tmp_path / "svodka.service"
    unit.write_text(UNIT.replace("/opt/svodka/.venv/bin/svodka run", "/bin/true"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],  # noqa: S607 - where the system has it
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "svodka.service" not in done.stderr, done.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", str(unit)],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    exposure = re.search(r"exposure level .*?: ([\d.]+)", judged.stdout)
    if exposure is None:
        pytest.skip(f"this systemd judges no file: {judged.stderr[:80]}")
    assert float(exposure[1]) < 2


def test_version_stands_in_the_changelog() -> None:
    """Once in the code; the newest heading of CHANGELOG.md is it."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (\S+)(?: \((.+)\))?$", changelog, re.MULTILINE)
    assert headings[0][0] == __version__
    for _, when in headings:
        assert when == "unreleased" or re.fullmatch(r"\d{4}-\d\d-\d\d", when)
    written = [
        path.relative_to(ROOT)
        for path in ROOT.rglob("*.py")
        if ".venv" not in path.parts and f'= "{__version__}"' in path.read_text("utf-8")
    ]
    assert written == [Path("bot/__init__.py")]
