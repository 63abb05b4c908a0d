"""What a look finds, and how all of it is told."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from bot import __version__


class State(StrEnum):
    FINE = "fine"
    WARNING = "warning"  # works, but not for long or not well
    PROBLEM = "problem"  # does not work


MARKS: Final = {State.FINE: "✓", State.WARNING: "!", State.PROBLEM: "✗"}
STATUSES: Final = {State.FINE: 0, State.WARNING: 1, State.PROBLEM: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    look: str  # what was looked at: settings, token, …
    state: State
    found: str
    advice: str = ""  # empty: there is nothing to do


Findings = Iterable[Finding]
Look = Callable[[], Awaitable[Findings]]


def fine(look: str, found: str) -> Finding:
    return Finding(look, State.FINE, found)


def warning(look: str, found: str, advice: str) -> Finding:
    return Finding(look, State.WARNING, found, advice)


def problem(look: str, found: str, advice: str) -> Finding:
    return Finding(look, State.PROBLEM, found, advice)


def worst(findings: Findings) -> State:
    return max((finding.state for finding in findings), key=STATUSES.__getitem__)


def as_text(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.state]} {finding.look}: {finding.found}")
        if finding.advice:
            lines.append(f"    → {finding.advice}")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    told = {
        "version": __version__,
        "state": worst(findings),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)
