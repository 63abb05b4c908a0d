"""What feeds say about when to come again."""

import pytest

from digests.sources.hints import hints_of


@pytest.mark.parametrize(
    ("head", "minutes"),
    [
        ("<ttl>60</ttl>", 60),
        ("<ttl> 5 </ttl>", 5),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>999999</ttl>", 60 * 24 * 7),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", 60),
        ("<sy:updatePeriod>\n daily </sy:updatePeriod>", 1440),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>", 240),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 60),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 60),
        ("<title>no wish</title>", None),
    ],
)
def test_interval_that_a_feed_asks_for(head: str, minutes: int | None) -> None:
    assert hints_of(f"<rss><channel>{head}</channel></rss>").ttl_minutes == minutes


def test_hours_in_which_a_feed_wants_no_polls() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in (0, 3, 24, 23))
    assert hints_of(f"<skipHours>{hours}</skipHours>").skip_hours == {0, 3, 23}
    always = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    assert hints_of(f"<skipHours>{always}</skipHours>").skip_hours == frozenset()
    assert hints_of("<hour>5</hour>").skip_hours == frozenset()
