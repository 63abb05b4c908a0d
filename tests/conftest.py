"""What every test may ask for: a real database of its own, and the development data."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings

from storage.database import Database, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# A shared machine may stall any example: only pytest's own time-out limits a test.
settings.register_profile("svodka", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("svodka")

# Out of the box structlog draws tracebacks with every local value, seconds each, and prints into
# the file pytest captures, which may not grow while a test plays a full disk; logging's records
# stay in memory. `_logs_stay` sees to it that they do whatever the order of tests.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)

LOGS = structlog.get_config()

DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tour", type=Path, help="keep the pictures of the tour in this folder")


@pytest.fixture(autouse=True)
def _logs_stay() -> Iterator[None]:
    """Whatever a test, or what it runs, leaves them as."""
    yield
    structlog.configure(**LOGS)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "svodka.sqlite") as opened:
        yield opened


@pytest.fixture(scope="session")
def data() -> Path:
    """The development data, which never enters the repository."""
    if not DATA.is_dir():
        pytest.skip(f"development data is not here: {DATA}")
    return DATA
