"""What `/metrics` shows, in Prometheus' format. The names here are those of the dashboard and the
alert rules in `deploy/`; a test holds them together.

What happens in this process is counted as it happens; what stands in the file is read when asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bot import __version__
from storage.figures import Figures

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LATENESS: Final = (1, 5, 15, 60, 300, 900, 3600, 21600)
KILL_REASONS: Final = ("too_slow", "died")


class Metrics:
    """Made once by `app`; each part counts what it does."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        one = self.registry
        self.updates = Counter(
            "svodka_updates", "Updates handled, by kind and outcome.", ("kind", "outcome"),
            registry=one,
        )  # fmt: skip
        self.commands = Histogram(
            "svodka_command_seconds", "From the stored update to the handler's end.", ("command",),
            buckets=SECONDS, registry=one,
        )  # fmt: skip
        self.requests = Counter(
            "svodka_telegram_requests", "Requests to the Bot API.", ("outcome",), registry=one
        )
        self.deliveries = Counter(
            "svodka_deliveries", "Messages sent from the outbox, by attempt.", ("outcome",),
            registry=one,
        )  # fmt: skip
        self.digests = Counter(
            "svodka_digests", "Scheduled digests made.", ("outcome",), registry=one
        )
        self.lateness = Histogram(
            "svodka_digest_late_seconds", "From a digest's hour to its making.",
            buckets=LATENESS, registry=one,
        )  # fmt: skip
        self.loop_lag = Histogram(
            "svodka_loop_lag_seconds", "By how much the event loop woke too late.",
            buckets=SECONDS, registry=one,
        )  # fmt: skip
        ProcessCollector(registry=one)

    def digest_made(self, late: timedelta, *, told: bool) -> None:
        """`told`: it had something to tell."""
        self.digests.labels("told" if told else "empty").inc()
        self.lateness.observe(max(0.0, late.total_seconds()))

    def digest_failed(self) -> None:
        self.digests.labels("failed").inc()

    def exposition(self, reading: "Reading") -> bytes:
        asked = CollectorRegistry()
        asked.register(reading)
        return generate_latest(self.registry) + generate_latest(asked)


@dataclass(frozen=True, eq=False)
class Reading(Collector):
    """What is read for one answer."""

    figures: Figures
    now: datetime
    tick_ages: dict[str, float]  # seconds since each tick of the clock last went well
    kills: dict[str, Mapping[str, int]]  # by pool of workers, by reason

    def collect(self) -> Iterator[Metric]:
        figures = self.figures
        yield InfoMetricFamily("svodka", "The program.", {"version": __version__})
        yield CounterMetricFamily("svodka_articles", "Articles ever stored.", figures.articles)
        yield CounterMetricFamily("svodka_stories", "Stories ever opened.", figures.stories)
        yield _by("svodka_sources", "Sources.", "state", figures.sources)
        yield _by("svodka_outbox", "Messages under way.", "state", figures.outbox)
        chats = {
            "subscribed": figures.subscribed,
            "silent": figures.subscribers - figures.subscribed,
            "unreachable": figures.unreachable,
        }
        yield _by("svodka_subscribers", "Chats; the unreachable are counted twice.", "state", chats)
        yield _by(
            "svodka_waiting", "What is due and not done.", "what",
            {"digests": figures.digests_due, "updates": figures.updates_open},
        )  # fmt: skip
        ages = {
            "digests": self._age(figures.digests_due_since),
            "messages": self._age(figures.outbox_since),
            "updates": self._age(figures.updates_since),
        }
        yield _by("svodka_waiting_seconds", "How long the oldest has waited.", "what", ages)
        yield _by("svodka_tick_age_seconds", "Since a tick last went well.", "tick", self.tick_ages)
        yield self._kills()

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self.now - since).total_seconds()) if since else 0.0

    def _kills(self) -> Metric:
        family = CounterMetricFamily(
            "svodka_worker_kills", "Workers that died or ran out of time.",
            labels=("pool", "reason"),
        )  # fmt: skip
        for pool, reasons in self.kills.items():
            for reason in KILL_REASONS:
                family.add_metric((pool, reason), reasons.get(reason, 0))
        return family


def _by(
    name: str, documentation: str, label: str, values: "dict[str, int] | dict[str, float]"
) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
