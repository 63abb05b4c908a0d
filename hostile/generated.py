"""Documents made here: every charset under every declaration, bombs, depth, crowds, bad dates,
repeated guids, patterns that make regular expressions wander.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Final

from hostile.documents import Document

CAP: Final = 5 * 1024 * 1024 - 2_000
TITLES: Final = (
    "Правительство обсудило бюджет на будущий год",
    "В Лугограде открыли оранжерею с кактусами",
    "Ключевая ставка осталась прежней, рынок не удивился",
    "Ёлку на главной площади зажгут двадцатого числа",
)
PROSE: Final = ". ".join(TITLES) + ".\n\n"
CHARSETS: Final = (
    "utf-8", "utf-8-sig", "cp1251", "koi8-r", "iso-8859-5", "cp866", "mac-cyrillic",
    "utf-16", "utf-16-le", "utf-16-be", "utf-32",
)  # fmt: skip
LONGEST: Final = 60_000  # letters of an article that are read
UNITS: Final = {
    "letters": "а", "words": "аб ", "latin": "ab ", "capitals": "ЯZ", "dots": ".", "tabs": "\t",
    "dashes": "— ", "quotes": "«", "brackets": "(", "digits": "1 ", "numbers": "1.", "commas": ",",
    "lines": "а\n", "bullets": "• а\n", "addresses": "http://a.example/", "hashes": "#а ",
    "ats": "@a ", "initials": "А. Б. ", "abbreviations": "т.е. ", "questions": "Да? ",
    "emoji": "👨\u200d👩\u200d👧", "accents": "и\u0306", "zalgo": "\u0301",
    "entities": "&amp;amp;", "tags": "&lt;p&gt;", "open tags": "&lt;a ",
}  # fmt: skip
DECLARED: Final = ("", "utf-8", "windows-1251", "iso-8859-1", "koi8-r", "no-such-charset")


def generated() -> Iterator[Document]:
    yield from charsets()
    yield from bombs()
    yield from crowds()
    yield from wandering()
    yield from oddities()


def rss(items: str, head: str = "", declaration: str = "") -> str:
    return (
        f'{declaration}<rss version="2.0"><channel><title>Проба</title>'
        f"<link>https://proba.example/</link>{head}{items}</channel></rss>"
    )


def items(count: int, inside: str = "") -> str:
    return "".join(
        f"<item><title>Новость номер {n} из города</title><guid>g{n}</guid>"
        f"<link>https://proba.example/{n}</link>{inside}</item>"
        for n in range(count)
    )


def charsets() -> Iterator[Document]:
    """What the bytes are × what the document says × what the server says."""
    body = "".join(
        f"<item><title>{title}</title><description>{title}. Подробности сообщат позже, следите за "
        "новостями.</description></item>"
        for title in TITLES
    )
    for charset in CHARSETS:
        for inside in DECLARED:
            for header in DECLARED:
                declaration = f'<?xml version="1.0" encoding="{inside}"?>' if inside else ""
                yield Document(
                    f"charset/{charset}, declared {inside or 'nothing'}, served {header or 'so'}",
                    rss(body, declaration=declaration).encode(charset),
                    len(TITLES),
                    "charset matrix",
                    f"text/xml; charset={header}" if header else "text/xml",
                    TITLES,
                )


def bombs() -> Iterator[Document]:
    """What is small and unfolds, or opens what is not its own."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    long = '<!ENTITY a "' + "a" * 100_000 + '">'
    entities = {
        "billion laughs": (laughs, "&l9;"),
        "one long entity a thousand times": (long, "&a;" * 1_000),
        "external entity": ('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
        "external entity over http": ('<!ENTITY a SYSTEM "http://127.0.0.2/">', "&a;"),
        "parameter entity": ('<!ENTITY % p SYSTEM "http://127.0.0.2/x.dtd"> %p;', "x"),
        "entity that names itself": ('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;"),
    }
    for name, (definition, use) in entities.items():
        text = f"<!DOCTYPE rss [{definition}]>" + rss(
            items(2) + f"<item><title>{use} и ещё слово</title></item>"
        )
        yield Document(f"bomb/{name}", text.encode(), 2, "bomb")
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
    yield Document("bomb/XInclude", rss(items(2, include)).encode(), 2, "bomb")
    packed = gzip.compress(gzip.compress(b"\0" * 50_000_000))
    yield Document("bomb/gzip in gzip", packed, 0, "bomb")
    yield Document("bomb/json", b'{"version": "https://jsonfeed.org/version/1", "items": '
                   + b"[" * 1_000_000, 0, "bomb")  # fmt: skip
    digits = b'{"version":"https://jsonfeed.org/version/1","items":[{"id":' + b"9" * 4_000_000
    yield Document("bomb/json number", digits + b"}]}", 0, "bomb")


def crowds() -> Iterator[Document]:
    """A great many of something, well-formed and broken: the broken ones take the slow parser."""
    crowd = {
        "20,000 categories": (1, "<category>слово</category>" * 20_000),
        "100,000 nested elements": (1, "<b>" * 100_000 + "x" + "</b>" * 100_000),
        "100,000 nested elements of HTML": (
            1,
            "<description>" + "&lt;div&gt;" * 100_000 + "x</description>",
        ),
        "a title of a million letters": (1, f"<title>{'слово ' * 160_000}</title>"),
        "100,000 enclosures": (1, '<enclosure url="https://a.example/a" length="1" />' * 90_000),
        "20,000 links": (1, "<link>https://a.example/a</link>" * 20_000),
        "20,000 authors": (1, "<author>a@a.example (Анна)</author>" * 20_000),
        "20,000 contents": (1, "<description>Слово за словом.</description>" * 20_000),
        "20,000 attributes": (1, "<x " + " ".join(f'a{n}="1"' for n in range(20_000)) + "/>"),
        "20,000 namespaces": (
            1,
            "<x " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(20_000)) + "/>",
        ),
        "20,000 entries": (20_000, ""),
        "entries up to the cap": (300, f"<description>{PROSE * 40}</description>"),
        "a text up to the cap": (1, f"<description>{PROSE * 12_000}</description>"),
    }
    for name, (count, inside) in crowd.items():
        whole = rss(items(count, inside)).encode()[:CAP]
        yield Document(f"crowd/{name}", whole, 1, "crowd")
        broken = rss(items(count, inside) + "<item><title>Последняя & сломанная").encode()
        yield Document(f"crowd/{name}, broken", broken[:CAP], 0, "may be refused")


def wandering() -> Iterator[Document]:
    """Repetitions that make careless patterns take quadratic or exponential time."""
    for name, opening in {
        "comments": "<!-- x -->" * 2_000 + "x",
        "declarations": "<?xml ?>" * 20_000,
        "open declarations": "<?xml " * 200_000,
        "open comments": "<!--" * 500_000,
        "open tags": "<" * CAP,
        "ampersands": "&" * CAP,
        "brackets": "]]>" * 1_000_000,
        "spaces": " " * CAP,
        "doctypes": "<!DOCTYPE " * 200_000,
        "open CDATA": "<rss><channel><item><title><![CDATA[" + "x" * 3_000_000,
    }.items():
        yield Document(f"wandering/{name}", opening.encode()[:CAP], 0, "may be refused")
    for name, unit in UNITS.items():
        text = (unit * LONGEST)[:LONGEST]
        body = rss(items(4, f"<description>{text}</description>"))
        yield Document(f"wandering/text of {name}", body.encode()[:CAP], 0, "may be refused")


def oddities() -> Iterator[Document]:
    dates = (
        "0000-00-00T00:00:00Z", "99999-01-01", "Mon, 99 Zzz 99999 99:99:99 +9999", "1e400", "-1",
        "2026-11-23T10:00:00+99:99", "2026-02-30", "Thu, 01 Jan 0001 00:00:00 -2359", "9" * 10_000,
        "Чт, 31 фев 2026 25:61:61", "now", "\u0661\u0662", "2026-W60-9", "",
    )  # fmt: skip
    dated = "".join(f"<item><title>Дата {n} из многих</title><pubDate>{date}</pubDate></item>"
                    for n, date in enumerate(dates))  # fmt: skip
    yield Document("odd/dates in RSS", rss(dated).encode(), len(dates), "oddity")
    entries = "".join(f"<entry><title>Дата {n}</title><updated>{date}</updated></entry>"
                      for n, date in enumerate(dates))  # fmt: skip
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'
    yield Document("odd/dates in Atom", atom.encode(), len(dates), "oddity")
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": {"no": "title"},
        "items": [
            {"id": n, "title": "\ud800" if n % 2 else ["Список"], "content_text": f"Слово {date}",
             "date_published": date, "url": ["no address"], "tags": None}
            for n, date in enumerate(dates)
        ],
    }  # fmt: skip
    yield Document("odd/JSON of wrong types", json.dumps(document).encode(), len(dates), "oddity")
    many = rss(items(1) * 100)
    yield Document("odd/one guid a hundred times", many.encode(), 100, "oddity")
    hidden = "\u202eтекст\u2066 \U000e0041\u200b\ufeff\x1b[31m \u0000 и слово"
    shown = rss(f"<item><title>{hidden}</title><link>javascript:alert(1)</link></item>")
    yield Document("odd/hidden characters", shown.encode(), 1, "oddity")
    inner = "<item><title>&lt;b&gt;x&lt;/b&gt; &amp;lt;a href=tg://x&amp;gt; слово</title></item>"
    yield Document("odd/markup in a title", rss(inner).encode(), 1, "oddity")
    for size in (1, 2, 3, 4, 7):
        yield Document(
            f"odd/{size} bytes", b"\xff\xfe\x00\x00\xef\xbb\xbf"[:size], 0, "may be refused"
        )
    yield Document("odd/every byte", bytes(range(256)) * 100, 0, "may be refused")
