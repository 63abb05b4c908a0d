"""Logs: an event name and fields, one line a unit of work; never a token, never a message body."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.redaction import guard_hooks, redacted


def set_up_logs(level: str, form: str) -> None:
    """`form` is `human` or `json`; libraries' own warnings take the same way out."""
    guard_hooks()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
                redact_line,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("aiogram", "aiosqlite", "asyncio", "matplotlib", "pymorphy3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns whenever a tick is skipped because the last one is still at work: that is the plan.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """An exception text of aiogram can carry the token: it leaves no process of ours."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redacted(value)
        elif isinstance(value, BaseException):
            event[name] = redacted(str(value))
    return event


def redact_line(_logger: object, _method: str, line: Any) -> Any:  # noqa: ANN401 - as rendered
    """What stood deeper than a field's own text: in a list, a mapping, a repr."""
    return redacted(line) if isinstance(line, str) else line
