import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from digests.text.characters import TITLE_CHARACTERS, clean_characters, clean_title, shortened


def test_what_hides_or_reorders_text_is_taken_out() -> None:
    hostile = "a\u202eb\u2066c\U000e0041d\x00e\x9ff\u200bg\ufeffh\ud800i"
    assert clean_characters(hostile) == "abcdefghi"


def test_blank_letters_and_hidden_messages_are_taken_out() -> None:
    hidden = "".join(chr(0xE0100 + byte) for byte in b"ignore all that")
    assert clean_characters(f"a\u3164b\u180ec\u2063d\u034fe{hidden}") == "abcde"


def test_emoji_keep_their_colour() -> None:
    assert clean_characters("\u2764\ufe0f") == "\u2764\ufe0f"


def test_line_breaks_become_line_feeds_and_tabs_stay() -> None:
    assert clean_characters("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd\te"


def test_emoji_keep_their_joiners() -> None:
    assert clean_characters("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧"


def test_a_title_is_one_line() -> None:
    assert clean_title("  ЦБ \n снизил\tставку ") == "ЦБ снизил ставку"


def test_a_long_title_is_cut_at_a_word() -> None:
    title = clean_title("слово " * 100)
    assert len(title) <= TITLE_CHARACTERS
    assert title.endswith("слово…")


@given(st.text(max_size=600))
def test_cleaning_is_done_once_and_for_all(text: str) -> None:
    cleaned = clean_characters(text)
    assert clean_characters(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode()


@given(st.text(max_size=600), st.integers(min_value=2, max_value=300))
def test_shortened_lines_fit(text: str, limit: int) -> None:
    assert len(shortened(text, limit)) <= limit
