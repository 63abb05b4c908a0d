"""Leaves of an article's text what was written about the event, and says what each paragraph is.

Stands between parsing and everything that reads text. Glued junk spoils more summaries than any
ranking: title copies, photo credits, teasers, advertising and footers go, headings are told from
prose, and the paragraph after a heading such as «Контекст» is marked.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from digests.models import CleanText, Paragraph, ParagraphKind
from digests.text.characters import clean_characters, clean_title
from digests.text.markup import paragraphs_of
from digests.text.words import fold

HEADING_WORDS: Final = 12
TEASER_WORDS: Final = 25
QUOTE_WORDS: Final = 4  # fewer in quotation marks are a name: «Зенит», «Яндекс Маркет»
CREDIT_WORDS: Final = 8  # an inline credit is shorter than this
BOILERPLATE_WORDS: Final = 40  # a longer line that comes again is the story so far
KEY_BYTES: Final = 6
LINE_LETTERS: Final = 500  # of a line that is remembered
LINES_CACHED: Final = 500  # of a batch: asked for all of it, then one article after the other

_OPENING: Final = "«“„\"'‘"
_FINAL = re.compile(r"[.!?…:;»”\")\]]['\"»”)\]]*$")

_WHEN: Final = r"""(?:\d{1,2}[:.]\d{2}[,\s|—–-]*|\d{1,2}[./]\d{1,2}[./]\d{2,4}[,\s|—–-]*
    |\d{1,2}\s[а-яa-z]{3,9}\.?(?:\s\d{4})?(?:\s?г(?:ода|\.))?[,\s|—–-]*
    |(?:сегодня|вчера|today|yesterday)[,\s]+)"""
_CREDIT_OPENING = re.compile(
    rf"""^{_WHEN}{{0,3}}[(\[]?(?:
        (?:фото|фотография|изображение|иллюстрация|видео|скриншот|кадр|коллаж|инфографика|снимок
           |источник\ (?:фото|изображения)|обложка|photo|photograph|image|picture|video|illustration
           |screenshot|photo\ credit|image\ credit)
        (?:\s(?:из|с|by|via|courtesy|предоставлен[оаы]|со)\s[^:©.]{{0,40}})?
        \s*(?:[:©]|//?\s|\s[—–|]\s(?-i:(?=[A-ZА-ЯЁ«©])))
        |©|\(c\)\s
        |(?:текст|автор|авторы|author|by|редактор|корреспондент|подготовил[аи]?)\s?:\s
        |источник\s?:\s|source\s?:\s
        )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_CREDIT_ANYWHERE = re.compile(
    r"getty\s?images|shutterstock|depositphotos|istockphoto|unsplash|/\s?contributor\b|"
    r"/\s?(?:reuters|afp|ap photo|тасс|риа новости)\s*$|^(?:reuters|afp|ap)\s?/|globallookpress",
    re.IGNORECASE,
)
_CREDIT_WORD = re.compile(
    r"""[A-ZА-ЯЁ«“"„@©][\w.«»“”"'@&-]*|[/|,©•·—–-]+|(?:из|личного|архива|архив|с|сайта|via|by|for|of
    |the|and|и|от|предоставлено|пресс-служба|пресс-службы|пресс-службой|соцсети|кадр|видео|скриншот
    |[\w-]+\.(?:ru|com|org|рф|net|info|tv|me)(?:/\S*)?)[,.]?$""",
    re.VERBOSE,
)

_TEASER: Final = r"""читайте\ (?:также|ещ[её]|по\ теме|нас|далее|в\ материале|подробнее|больше|на)
    |читать\ (?:далее|также|дальше|полностью|больше|продолжение|в\ источнике)
    |смотрите\ (?:также|ещ[её]|подробнее)|смотреть\ (?:все\ )?(?:фото|видео)\b
    |смотри\ также|см\.\ также
    |подробнее\b\s*(?:[:—–→>.…(]|об?\ это|читайте|на\ сайте|в\ (?:материале|статье|сюжете)|$)
    |подробности\ (?:читайте|в\ (?:материале|статье|сюжете|видео))
    |(?:также\ )?по\ теме\b\s*(?:[:—–]|$)|ещ[её]\ (?:по\ теме|новости)|другие\ новости
    |материалы\ по\ теме|ранее\ на\ сайте|больше\ новостей|все\ новости|главные\ новости
    |самое\ (?:интересное|важное)\ в|подпи(?:сывайтесь|шитесь|шись|сывайся|саться)\b
    |следите\ за\b.{0,40}(?:новостями|нами|обновлениями)|присоединяйтесь\ к
    |мы\ в\ (?:telegram|телеграм\w*|соц|дзен\w*|max|вк)|наш\ (?:telegram|телеграм)|вступайте\ в
    |добавьте\ .{0,30}в\ (?:источники|избранное)|оформи(?:те|ть)\ подписку
    |поделиться(?:\ (?:в|с|ссылкой|новостью)\b.*)?\W*$|поделитесь|комментировать\W*$
    |оставить\ комментарий|скачайте\ (?:наше\ )?приложение
    |если\ вы\ (?:нашли|заметили|стали\ свидетел)|нашли\ (?:ошибку|опечатку)
    |сообщить\ об\ (?:ошибке|опечатке)|реклама\s*(?:[.:|—]|$)|на\ правах\ рекламы
    |партн[её]рский\ материал|промо\b\s*:|read\ (?:more|also|next|the\ (?:full|rest|original))
    |also\ (?:read|see|watch|listen(?:\ to)?)\s?:
    |continue\ reading|keep\ reading|full\ story|see\ also
    |related(?:\ (?:stories|articles|news|topics|posts|content))?\s*(?:[:—–|]|$)
    |more\ on\ this(?:\ story)?|more\ (?:on|from)\b[^.]{0,60}[:]|you\ may\ also\ like
    |recommended\s*(?:[:]|$)|subscribe\b|sign\ up\b|follow\ (?:us|our|@\w+|the\ latest)\b
    |join\ (?:us|our)\b|click\ here|tap\ here|share\ this|download\ (?:our|the)\ app
    |get\ (?:our|the)\ (?:latest|daily|best|newsletter)|watch\s*:|listen\s*:|advertisement\b
    |sponsored(?:\ (?:by|content|post)\b|\W*$)|ad\ feedback
    |this\ (?:article|report|story|post)\ (?:was\ )?(?:first\ |originally\ )?(?:appeared|published)
    |the\ post\ .{1,300}\ appeared\ first\ on
    |(?:запись|сообщение)\ .{1,300}\ (?:впервые\ )?появил\w+\ (?:сначала\ )?на
    |all\ rights\ reserved|все\ права\ защищены|copyright\s*(?:©|\(c\)|\d|:)|обновлено\s*:
    |опубликовано\s*:|updated\s*:|published\s*:|comments?\s*(?:\(\d+\))?$|article\ url\s*:
    |comments\ url\s*:|points\s*:|\#\ comments\s*:"""
_TEASER_OPENING = re.compile(rf"^[\W_]*(?:{_TEASER})", re.VERBOSE | re.IGNORECASE)
_TEASER_TAIL = re.compile(
    rf"[.!?…»”\")]\s*[→▶►👉>»(\[]*\s*(?=[A-ZА-ЯЁ])(?:{_TEASER})", re.VERBOSE | re.IGNORECASE
)
_READ = re.compile(r"(?:read|watch|listen|see|читайте|смотрите|слушайте)\s?:\s", re.IGNORECASE)
_STOP = re.compile(r"[.!?…](?:\s|$)")
_ADVERTISING = re.compile(
    r"\berid\s?[:=]|(?:^|\s)erid\s[\w-]{6,}|^реклама[.:]?\s*(?:ооо|ао|пао|ип|зао)\b|\bрекламодатель\b"
    r"|^(?:ооо|ао|пао|ип)\s.{0,80}\bинн\s?\d{10}",
    re.IGNORECASE,
)
_ADVERTISING_SIGNS: Final = ("erid", "реклам", "инн")  # no advertising without one of them
_ONLY_WHEN = re.compile(rf"^{_WHEN}{{1,3}}$", re.VERBOSE | re.IGNORECASE)
_NO_WORDS = re.compile(r"^(?:[\W\d_]|https?://\S+|www\.\S+|t\.me/\S+|[#@]\w+)*$")
_CUT_SHORT = re.compile(
    r"\s*(?:\[(?:…|\.\.\.|&#8230;)\]|\(\s*(?:read more|подробнее|далее)\s*\))\s*$", re.IGNORECASE
)

_DATELINE = re.compile(
    r"""^(?:(?:[А-ЯЁ][А-ЯЁа-яё-]+\.\s\d{1,2}\s[а-яё]{3,8}\.\s)?INTERFAX(?:\.RU)?\s[—–-]\s
      |[A-Z][A-Z\s.'-]{2,30}(?:,\s|\s\()(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?
       \s\d{1,2}\)?\s?[:—–-]\s
      |(?:[А-ЯЁA-Z][А-ЯЁA-Z.\s-]{2,30}|[А-ЯЁ][а-яё-]+)(?:,\s|\.\s)\d{1,2}\s(?:[а-яё]{3,8}|[A-Z][a-z]{2,8})\.?
        \s?(?:[—–-]\s?|\.\s|/)(?:(?:РИА\sНовости|ТАСС|Интерфакс|ИА\s\S+|Sputnik|РИА|ПРАЙМ|АГН[^.]{0,20})
        (?:[^.,]{0,40})?[./]*\s?)?
      |[А-ЯЁ]{3,20}\.\s(?=[А-ЯЁ«])
      |[A-Z][A-Za-z.,\s/-]{2,40}\s?\((?:Reuters|AP|AFP|CNN|Bloomberg|dpa|UPI|Xinhua)\)\s?(?:[—–-]+\s?)?
      )(?=[«“"A-ZА-ЯЁ])""",
    re.VERBOSE,
)

# What a page's widgets leave at the start of a paragraph.
_EMBEDDED = re.compile(
    r"^(?:embed from getty images|\d{1,2}\s?min(?:ute)?s? read"
    r"|время (?:на )?чтени[ея]:? \d+ мин\w*)\s+",
    re.IGNORECASE,
)

_CONTEXT: Final = (
    r"контекст|предыстория|почему это важно|что (?:этому )?предшествовало|что известно"
    r"|background|context|why (?:it|this) matters|the (?:context|background|backstory)"
)
_CONTEXT_HEADING = re.compile(rf"^\W*(?:{_CONTEXT})\W*$", re.IGNORECASE)
_CONTEXT_OPENING = re.compile(
    rf"^(?:{_CONTEXT})\s*[:.]\s+(?=(?-i:[A-ZА-ЯЁ«“])\S*\s+\S+\s+\S+)", re.IGNORECASE
)

_BULLET = re.compile(r"^(?:[•·▪●◆■‣✔✅➡🔹🔸*]|[—–-](?=\s)|\d{1,2}[.)](?=\s)|[№#]\s?\d+)\s*\S")
_SPEECH = re.compile(r"^[—–-]\s.*[,.!?…]\s?[—–]\s")
_QUOTED = re.compile(r"^[«“„\"‘]+([^»”“\"’]*)[»”“\"’]")
_AFTER_QUOTE = re.compile(r"^[«“„\"‘]+[^»”“\"’]*[»”“\"’]\s*[,.]?\s*[—–]\s")
_LETTERS = re.compile(r"[^\W\d_]+|\d+")


def clean(title: str, text: str, boilerplate: frozenset[str] = frozenset()) -> CleanText:
    """`boilerplate`: keys of whole lines known to be the source's, not the article's."""
    title = clean_title(title)
    named = line_key(title)
    lines: set[str] = set()
    kept: list[str] = []
    for paragraph in paragraphs_of(clean_characters(text)):
        is_line = paragraph.count(" ") < BOILERPLATE_WORDS
        if is_line or len(paragraph) < 2 * len(title):  # a long one is neither line nor title
            key = line_key(paragraph)
            if key == named:
                continue
            if is_line:
                lines.add(key)
                if key in boilerplate:
                    continue
        line = _without_junk(_without_title(paragraph, title))
        if line and line not in kept[-1:]:
            kept.append(line)
    return CleanText(title, tuple(_described(kept)), frozenset(lines))


def line_key(line: str) -> str:
    """Equal for lines of the same words, whatever stands between them."""
    return _short_line_key(line) if len(line) <= LINE_LETTERS else _line_key(line)


def _line_key(line: str) -> str:
    words = " ".join(_LETTERS.findall(fold(line)))
    return blake2b((words or line).encode(), digest_size=KEY_BYTES).hexdigest()


@lru_cache(maxsize=LINES_CACHED)
def _short_line_key(line: str) -> str:
    return _line_key(line)


def _without_title(line: str, title: str) -> str:
    """The paragraph without a title glued to its start: "Title Text…", "Title. Text…"."""
    if len(title) < 20 or not line.startswith(title):
        return line
    rest = line[len(title) :]
    opening = re.match(r"\s*[.!?…|:]?\s+(?=[A-ZА-ЯЁ«“\"„])|(?=[А-ЯЁ][а-яё])", rest)
    return rest[opening.end() :] if opening else line


def _without_junk(line: str) -> str:
    """What is left of a paragraph, "" if all of it is credit, teaser or advertising."""
    if _NO_WORDS.match(line) or _ONLY_WHEN.match(line) or _is_advertising(line):
        return ""
    words = line.count(" ") + 1
    if words <= TEASER_WORDS and _TEASER_OPENING.match(line):
        return ""
    if words <= CREDIT_WORDS * 2 and _CREDIT_ANYWHERE.search(line) and not _is_prose(line):
        return ""
    if line.endswith(("]", ")")):
        line = _CUT_SHORT.sub("", line)
    line = _without_teaser_tail(line)
    return _DATELINE.sub("", _without_credit(_EMBEDDED.sub("", line)))


def _is_advertising(line: str) -> bool:
    low = line.lower()
    return any(sign in low for sign in _ADVERTISING_SIGNS) and bool(_ADVERTISING.search(line))


def _is_prose(line: str) -> bool:
    """Whether a sentence stands here, with small words and a full stop."""
    small = len(re.findall(r"\b[a-zа-яё]{2,}\b", line))
    return bool(_FINAL.search(line)) and small >= line.count(" ") // 2


def _without_teaser_tail(line: str) -> str:
    """Without the teaser behind the last sentence: a short one, or titles without a full stop."""
    found = _TEASER_TAIL.search(line)
    if found:
        tail = line[found.end() :]
        if tail.count(" ") < TEASER_WORDS or not _STOP.search(tail):
            return line[: found.start() + 1].rstrip()  # its mark stays
    return line


def _without_credit(line: str) -> str:
    """`Фото: Ирина Иванова / ТАСС Перевести проект…` → `Перевести проект…`."""
    found = _CREDIT_OPENING.match(line)
    if not found:
        return line
    words = line[found.end() :].split(" ")
    taken = 0
    while taken < len(words) and taken <= CREDIT_WORDS and _CREDIT_WORD.match(words[taken]):
        taken += 1
        if words[taken - 1].endswith(".") and len(words[taken - 1]) > 3:
            return " ".join(words[taken:])  # the credit was closed by a full stop
    if taken == len(words) or len(words) <= CREDIT_WORDS:
        return ""
    if not taken and words[0][:1].islower() and len(words) <= TEASER_WORDS:
        return ""  # a caption
    # What was taken last opens the sentence, unless the next word is no continuation of it.
    taken -= taken > 0 and words[taken][:1].islower()
    return " ".join(words[taken:])


def _described(lines: list[str]) -> list[Paragraph]:
    kinds = [_kind(line) for line in lines]
    if ParagraphKind.BODY not in kinds and ParagraphKind.QUOTE not in kinds:
        # A feed's one-line description without a full stop is the article's text.
        kinds = [ParagraphKind.BODY if k is ParagraphKind.HEADING else k for k in kinds]
    paragraphs = []
    context_follows = False
    for line, kind in zip(lines, kinds, strict=True):
        opening = _CONTEXT_OPENING.match(line)
        if kind is ParagraphKind.BODY and (context_follows or opening):
            text = line[opening.end() :] if opening else line
            paragraphs.append(Paragraph(text, ParagraphKind.CONTEXT))
        else:
            paragraphs.append(Paragraph(line, kind))
        context_follows = kind is ParagraphKind.HEADING and bool(_CONTEXT_HEADING.match(line))
    return paragraphs


def _kind(line: str) -> ParagraphKind:
    if _SPEECH.match(line) or opens_with_quotation(line):
        return ParagraphKind.QUOTE
    if _BULLET.match(line):
        return ParagraphKind.LIST
    if line.count(" ") < HEADING_WORDS and (
        not _FINAL.search(line) or _CONTEXT_HEADING.match(line)
    ):
        return ParagraphKind.HEADING
    return ParagraphKind.BODY


def opens_as_teaser(sentence: str) -> bool:
    """A teaser or a row of links that stands between the sentences of a paragraph."""
    return bool(_TEASER_OPENING.match(sentence) or _READ.match(sentence)) or ">>" in sentence


def opens_with_quotation(line: str) -> bool:
    """Somebody's words, not a name in quotation marks that opens a sentence."""
    if line[0] not in _OPENING:
        return False
    quoted = _QUOTED.match(line)
    if not quoted:
        return True  # goes on over this paragraph
    return quoted[1].count(" ") + 1 >= QUOTE_WORDS or bool(_AFTER_QUOTE.match(line))
