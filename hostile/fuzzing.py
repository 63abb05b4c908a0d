"""Mutated feeds by the hundred thousand: each gives entries or a refusal, never anything else."""

import random
import time
import traceback
from dataclasses import dataclass
from typing import Final

from bot.workers import Workers
from digests.errors import NotAFeedError
from digests.preparing import prepare_all
from digests.sources.feed import parse_feed
from hostile.reading import NOW, URL

BATCH: Final = 250
PREPARED_EVERY: Final = 10  # preparing costs ten times parsing
LONGEST_BASE: Final = 20_000
MOST_MUTATIONS: Final = 8
TOKENS: Final = (
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&#99999999999;", b"&#0;", b"&#xD800;", b"&lt;", b"<",
    b"<item>", b"</item>", b"<entry>", b"</channel>", b"<title/>", b"\x00", b"\xff\xfe", b">",
    b'<?xml version="1.0" encoding="utf-16"?>', b"<!DOCTYPE rss [", b"<pubDate>99</pubDate>", b"{",
    b' xmlns="http://www.w3.org/2005/Atom"', b"<guid></guid>", b"}", b"null", b"\xd0", b"-1",
    b"1e999", b"<dc:date>-0001-01-01</dc:date>", b"\xe2\x80\xae", b"http://[", b"javascript:",
    b"\xef\xbb\xbf", b"9" * 400, b"\\ud800",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fuzzed:
    inputs: int
    read: int  # that gave entries
    slowest_seconds: float
    escaped: tuple[str, ...]  # seeds of those that raised something else, and what


async def fuzz(workers: Workers, bases: list[bytes], seed: int, count: int) -> Fuzzed:
    """`seed` and the number of an input make it again: `mutated(bases, f"{seed}/{number}")`."""
    short = [base[:LONGEST_BASE] for base in bases if base]
    total = Fuzzed(0, 0, 0.0, ())
    for start in range(0, count, BATCH):
        some = await workers.run(fuzz_some, short, seed, start, min(BATCH, count - start))
        total = Fuzzed(
            total.inputs + some.inputs,
            total.read + some.read,
            max(total.slowest_seconds, some.slowest_seconds),
            total.escaped + some.escaped,
        )
    return total


def fuzz_some(bases: list[bytes], seed: int, start: int, count: int) -> Fuzzed:
    read, slowest, escaped = 0, 0.0, []
    for number in range(start, start + count):
        data = mutated(bases, f"{seed}/{number}")
        before = time.perf_counter()
        try:
            entries = parse_feed(data, None, URL).entries
            read += 1
            if number % PREPARED_EVERY == 0:
                prepare_all([(entry.title, entry) for entry in entries], NOW, NOW.tzinfo)
        except NotAFeedError:
            pass
        except Exception:  # noqa: BLE001 - that is what is looked for
            last = traceback.format_exc(limit=-3)
            escaped.append(f"{seed}/{number}: {last}")
        slowest = max(slowest, time.perf_counter() - before)
    return Fuzzed(count, read, slowest, tuple(escaped))


def mutated(bases: list[bytes], seed: str) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - to be made again, not to be secret
    data = bytearray(chance.choice(bases))
    for _ in range(chance.randint(1, MOST_MUTATIONS)):
        at, other = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        match chance.randrange(7):
            case 0:
                data[at:at] = chance.choice(TOKENS)
            case 1:
                del data[at : min(other, at + 200)]
            case 2 if data:
                data[at % len(data)] = chance.randrange(256)
            case 3:
                data[at:at] = data[at : min(other, at + 500)] * chance.randint(1, 5)
            case 4:
                del data[at:]
            case 5:
                base = chance.choice(bases)
                cut = chance.randrange(len(base))
                data[at:at] = base[cut : cut + 500]
            case _:
                data[at : at + 1] = chance.choice((b"<", b">", b'"', b"&", b"/", b"'", b"="))
    return bytes(data)
