"""Links that carry topics: packed into what Telegram lets through, and safe whoever made them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deep_links import MOST_LETTERS, link_to, pack_topics, unpack_topics

TOPICS = st.lists(
    st.text(min_size=1, max_size=30).map(str.strip).filter(lambda one: one and "\n" not in one),
    max_size=6,
)


@given(TOPICS)
def test_what_found_room_comes_out_as_it_was(topics: list[str]) -> None:
    payload, packed = pack_topics(topics)
    assert re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload)
    assert unpack_topics(payload) == packed
    assert set(packed) <= set(topics)


@given(st.text(max_size=80) | st.text("tu_-AZaz09=", max_size=70))
def test_any_payload_is_topics_or_none(payload: str) -> None:
    assert all(topic.strip() for topic in unpack_topics(payload))


def test_four_russian_topics_find_room() -> None:
    long = "очень длинная тема о многом"
    topics = ["ИИ", "ставка ЦБ", "космос", "кибербезопасность", long, "кино"]
    payload, packed = pack_topics(topics)
    assert packed == [*topics[:4], "кино"]
    assert len(payload) <= MOST_LETTERS
    assert link_to("svodka_bot", payload).startswith("https://t.me/svodka_bot?start=t")


@pytest.mark.parametrize(
    "payload",
    ["", "a_17", "t", "u", "t" * 65, "t!", "u____", "x0LjQ",
     "telegram", "test", "twitter", "team", "tchannel", "t_me", "tAAAA"],
)  # fmt: skip
def test_what_is_no_link_of_topics_has_none(payload: str) -> None:
    assert unpack_topics(payload) == []
