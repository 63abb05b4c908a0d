"""The step from bytes to text, ours because parsers read too few Russian sources on their own.

Every source goes through `decode` first: feeds, files, pages. A declared charset is believed as
long as its result reads no worse than what else the bytes could be.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from digests.errors import EmptyFileError, NotTextError

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before utf-16-le, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_OPENINGS: Final = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x7fELF",
    b"ID3",
    b"OggS",
    b"BZh9",
    b"\xd0\xcf\x11\xe0",  # old Office files
)
_WIDE: Final = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
# With how much less common each is than cp1251, in the measure of `_reads`.
_CANDIDATES: Final = {
    "cp1251": 0.0,
    "koi8-r": 0.0,
    "iso-8859-5": 0.02,
    "mac-cyrillic": 0.05,  # its small letters are cp1251's
    "cp866": 0.02,
    "cp1252": 0.0,
}
# Codecs that are no charset of documents, or that read anything.
_REFUSED: Final = frozenset(
    {"utf-7", "punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs"}
)
# As browsers do: who writes Latin-1 or ASCII means Windows-1252.
_MEANT: Final = {"iso8859-1": "cp1252", "ascii": "cp1252"}

_HEAD_BYTES: Final = 2_048
_SAMPLE_BYTES: Final = 400_000
_SAMPLE_WORDS: Final = 200
_FIRST_WORDS: Final = 30  # what reads far worse in these is not looked at further
_HOPELESS: Final = 0.5
_LONGEST_WORD: Final = 40
_SURE_LETTERS: Final = 4
_MAX_CONTROL_SHARE: Final = 0.01
_REPLACED_SHARE: Final = 0.05
_POOR: Final = -0.35  # what reads worse than this is hardly prose
_FLUENT: Final = 0.84  # Russian in the right charset: .87; in the one most like it: .80 at most
_DECLARED_EDGE: Final = 0.08  # what a declared charset may read worse and still be believed

_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]+)""",
    re.IGNORECASE,
)
_CONTROLS: Final = bytes({*range(0x20)} - {*range(0x09, 0x0E), 0x1B})
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_WORD = re.compile(r"\S+")
_RUN = re.compile(r"[^\W\d_]+")
_WEIGHTS: Final = (
    dict.fromkeys("оеаинтсрвл", 1.0)
    | dict.fromkeys("кмдпуяыьгз", 0.7)
    | dict.fromkeys("бчйхжшюцщэфъё", 0.35)
    | dict.fromkeys("іїєґўқәғңөұүһ", 0.3)
)
_PUNCTUATION: Final = frozenset("«»—–“”„’‘…№•\u00a0\u2011\u202f\ufeff\u00ad")
_MAY_PRECEDE: Final = frozenset("«„“°\u00a0\u2011\u202f\ufeff\u00ad")
_RARE_SIGNS: Final = frozenset("©®°·§€™×")


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`; `declared` is the charset of an HTTP header, if there was one.

    Raises NotTextError for binary content and EmptyFileError for nothing but white space.
    """
    if data.startswith(_BINARY_OPENINGS):
        raise NotTextError(size=len(data))
    text = _by_mark(data)
    if text is None:
        text = _by_content(data, declared)
    if not text.strip("\ufeff\x00 \t\r\n\f\v\u00a0"):
        raise EmptyFileError(size=len(data))
    return text


def _by_mark(data: bytes) -> str | None:
    for mark, charset in _BOMS:
        if data.startswith(mark):
            text = _strictly(data[len(mark) :], charset)
            if text is not None:
                return text
            text = data[len(mark) :].decode(charset, errors="replace")
            if text.count("\ufffd") > _REPLACED_SHARE * len(text):
                return None
            return text
    return None


def _by_content(data: bytes, declared: str | None) -> str:
    if b"\x00" in data and (wide := _wide(data)) is not None:
        return wide
    if len(data) - len(data.translate(None, _CONTROLS)) > _MAX_CONTROL_SHARE * len(data):
        return _binary_or_wide(data)
    names = [name for name in (declared, _declared_inside(data)) if name]
    return _narrow(data, [charset for charset in map(_known, names) if charset])


def _binary_or_wide(data: bytes) -> str:
    if not data.strip(b"\x00 \t\r\n"):
        raise EmptyFileError(size=len(data))
    wide = _wide(data)  # one Cyrillic word in utf-16 has no NUL at all
    if wide is None:
        raise NotTextError(size=len(data))
    return wide


def _wide(data: bytes) -> str | None:
    """utf-16 or utf-32 without a mark: bytes that are text in no other way than this."""
    for charset in _WIDE:
        width = 4 if "32" in charset else 2
        try:
            text = data[: len(data) - len(data) % width].decode(charset)
        except UnicodeDecodeError:
            continue
        sample = text[:_HEAD_BYTES]
        plain = sum(character.isascii() or "Ѐ" <= character <= "ӿ" for character in sample)
        if plain >= 0.9 * len(sample) and sample.count("\x00") <= _MAX_CONTROL_SHARE * len(sample):
            return text
    return None


def _narrow(data: bytes, declared: list[str]) -> str:
    utf8 = _strictly(data, "utf-8")
    if utf8 is not None and (_is_surely_utf8(utf8) or _reads(utf8) > _POOR):
        return utf8
    best, best_reads = utf8, -2.0 if utf8 is None else _reads(utf8)
    for charset in declared:
        text = _strictly(data, charset)
        reads = -2.0 if text is None else _reads(text)
        if text is not None and (best is None or reads > best_reads):
            best, best_reads = text, reads
    if utf8 is None:
        mended = _mended_utf8(data)
        if mended is not None:
            return mended
    return _most_russian(data, best, best_reads)


def _is_surely_utf8(text: str) -> bool:
    """Bytes of another charset are valid utf-8 by chance for a letter or two, never for more."""
    foreign = [found[0] for found in islice(_FOREIGN.finditer(text), _SURE_LETTERS)]
    return not foreign or len(foreign) >= _SURE_LETTERS or max(foreign) >= "\u0800"


def _most_russian(data: bytes, best: str | None, best_reads: float) -> str:
    """The best reading of bytes that are no utf-8; `best` is the declared one, with an edge."""
    if best is not None and best_reads >= _FLUENT:
        return best
    edge = _DECLARED_EDGE if best is not None else 0.0
    for charset, handicap in _CANDIDATES.items():
        text = data.decode(charset, errors="replace")
        if text == best:
            continue  # what it reads is known, and it has an edge
        if _reads(text, _FIRST_WORDS) < best_reads - _HOPELESS:
            continue
        reads = _reads(text) - handicap
        if reads > best_reads + edge:
            best, best_reads, edge = text, reads, 0.0
    return best if best is not None else data.decode("utf-8", errors="replace")


def _mended_utf8(data: bytes) -> str | None:
    """utf-8 in which few characters are broken: one bad byte must not spoil a whole source."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    foreign = len(_FOREIGN.findall(text[:_SAMPLE_BYTES]))
    if broken < _REPLACED_SHARE * len(text) and broken * 4 <= foreign - broken:
        return text
    return None


def _declared_inside(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_HEAD_BYTES])
    return (found[1] or found[2]).decode("ascii", "replace") if found else None


def _known(name: str) -> str | None:
    try:
        codec = codecs.lookup(name.strip().strip("\"'").lower())
    except (LookupError, ValueError, UnicodeError):
        return None
    if codec.name in _REFUSED or not getattr(codec, "_is_text_encoding", True):
        return None
    return _MEANT.get(codec.name, codec.name)


def _strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except (UnicodeError, ValueError):
        # Five bytes are undefined in Windows-1252 and yet met in the wild.
        return data.decode("latin-1") if charset == "cp1252" else None


def _reads(text: str, words: int = _SAMPLE_WORDS) -> float:
    """How much the non-ASCII words of `text` read like words: about 1 for prose, below 0 for not.

    Letters weigh by their frequency in Russian; a change to capitals inside a word, two scripts
    in one word, runs of accented Latin letters and signs that prose lacks weigh against.
    """
    total, count = 0.0, 0
    for word in islice(_foreign_words(text[:_SAMPLE_BYTES]), words):
        letters = 0
        for run in _RUN.findall(word):
            if not run.isascii():
                foreign = len(_FOREIGN.findall(run))
                letters += foreign
                total += _letters(run, foreign)
        count += letters
        if letters < len(_FOREIGN.findall(word)):  # there are signs among them
            signs = [
                _sign(character, after)
                for character, after in zip(word, word[1:] + " ", strict=True)
                if not character.isascii() and not character.isalpha()
            ]
            count += len(signs)
            total += sum(signs)
    return total / count if count else 0.0


def _foreign_words(text: str) -> Iterator[str]:
    """Words with a letter that is not ASCII, without the markup before them."""
    for found in _WORD.finditer(text):
        word = found[0]
        if word.isascii():
            continue
        first = _FOREIGN.search(word)
        foreign = begin = first.start() if first else 0
        while begin and word[begin - 1].isalpha() and foreign - begin < _LONGEST_WORD // 2:
            begin -= 1
        yield word[begin : begin + _LONGEST_WORD]


def _sign(character: str, after: str) -> float:
    if "а" <= after <= "џ" and character not in _MAY_PRECEDE:
        return -0.7  # a capital of another charset
    if character in _PUNCTUATION:
        return 0.8
    if character in _RARE_SIGNS:
        return 0.3
    if character >= "\u2600" and character not in "\ufffd\ufffe\uffff":
        # CJK punctuation, emoji; the private use area is nobody's prose.
        return -1.0 if "\ue000" <= character <= "\uf8ff" else 0.5
    return -1.0


def _letters(run: str, foreign: int) -> float:
    cyrillic = len(_CYRILLIC.findall(run))
    if cyrillic:
        weight = sum(
            [_WEIGHTS.get(character, -0.6) for character in run.lower() if character > "Ϳ"]
        )
        if not (run.islower() or run[1:].islower()):
            weight -= 0.2 * foreign if run.isupper() else 0.9 * foreign
        return weight - (foreign if cyrillic < len(run) else 0)
    if all(character < "ɐ" for character in run):  # Latin with accents
        return 0.7 * foreign if foreign * 2 <= len(run) or len(run) == 1 else -0.8 * foreign
    return 0.7 * foreign
