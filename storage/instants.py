"""Instants as the file keeps them: UTC seconds."""

from datetime import UTC, datetime
from typing import overload


@overload
def to_seconds(instant: datetime) -> int: ...
@overload
def to_seconds(instant: None) -> None: ...
def to_seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())


@overload
def from_seconds(seconds: int) -> datetime: ...
@overload
def from_seconds(seconds: None) -> None: ...
def from_seconds(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
