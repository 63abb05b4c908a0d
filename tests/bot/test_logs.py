"""Logs: one line an event, and no token leaves the process."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from bot.logs import redact, set_up_logs
from bot.redaction import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "123456789:AAaabbccddeeffgghhiijjkkllmmnnoopp1"


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configured = structlog.get_config()
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def test_token_is_taken_out_of_strings_and_exceptions() -> None:
    event = redact(
        None,
        "error",
        {
            "event": f"GET https://api.telegram.org/bot{TOKEN}/getMe",
            "cause": ValueError(f"/file/bot{TOKEN}/x"),
            "number": 7,
        },
    )
    assert TOKEN not in str(event)
    assert str(event).count(REDACTED) == 2
    assert event["number"] == 7


@pytest.mark.parametrize("form", ["human", "json"])
def test_token_is_in_no_line_not_even_in_a_traceback(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("INFO", form)
    log = structlog.get_logger()
    try:
        raise RuntimeError(f"redirected to /bot{TOKEN}/getMe")  # noqa: TRY301 - caught below
    except RuntimeError:
        log.exception("failed", url=f"bot{TOKEN}", nested={"url": f"bot{TOKEN}"})
        logging.getLogger("aiogram.event").exception("foreign %s", TOKEN)
    written = capsys.readouterr().err
    assert "RuntimeError" in written
    assert written.count(REDACTED) >= 4
    assert TOKEN not in written


def test_json_lines_are_json_with_the_event_and_its_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("INFO", "json")
    structlog.get_logger().info("source_refreshed", source=5, title="Полдень")
    structlog.get_logger().debug("unseen")
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert (found["event"], found["source"], found["title"], found["level"]) == (
        "source_refreshed", 5, "Полдень", "info",
    )  # fmt: skip
    assert found["timestamp"].endswith("Z")
    assert "Полдень" in line


def test_chatty_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("DEBUG", "human")
    logging.getLogger("aiosqlite").debug("executing")
    logging.getLogger("apscheduler.scheduler").warning("skipped")
    assert capsys.readouterr().err == ""
    assert sys.stderr is not None


def test_every_line_carries_the_ids_of_what_is_being_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("INFO", "json")
    with bound_contextvars(update=7, chat=-5):
        structlog.get_logger().info("source_added", source=3)
        logging.getLogger("aiohttp.client").warning("slow")
    structlog.get_logger().info("later")
    ours, foreign, later = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["update"], ours["chat"], ours["source"]) == (7, -5, 3)
    assert (foreign["update"], foreign["chat"]) == (7, -5)
    assert "update" not in later
