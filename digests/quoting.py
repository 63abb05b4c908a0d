"""The sentence of an article that quotes somebody by name: for subscribers who like voices.

Such a sentence stands alone: its quotation opens and closes inside it, and it says outside the
quotation who speaks. It is picked with the summary and, like it, shown word for word.
"""

import re
from typing import Final

from digests.models import CleanText, Pick
from digests.summarising import article_sentences, opens_hanging
from digests.text.words import STOP_WORDS, fold

FEWEST_WORDS: Final = 5  # fewer in quotation marks are a name or a figure of speech
MOST_LETTERS: Final = 350
LEAST_SHARE: Final = 0.4  # of the sentence is quotation
POSITION_HALVES: Final = 12  # sentences until position is worth half

_OPENING: Final = '«“"'
_CLOSING: Final = '»”")'  # no ]: what an editor put in is nobody's words
_QUOTATION = re.compile(r"«[^«»]*(?:«[^«»]*»[^«»]*)*»|“[^“”]*”|\"[^\"]*\"")
_SPEECH = re.compile(
    r"""\b(?:(?:сказа|заяви|сообщи|отмети|подчеркну|поясни|рассказа|добави|уточни|объясни|призна
        |написа|завери|предупреди|напомни|прокомментирова|указа|ответи|пообеща|подтверди|посетова
        |резюмирова|заключи|подытожи)л[аи]?
    |говорит|считает|отмечает|поясняет|полагает|утверждает|уверена?|убежд[её]н[аы]?|цитирует
    |по\ словам|по\ мнению|по\ оценке
    |said|says|told|added|warned|wrote|explained|noted|argued|promised|admitted|insisted|stated
    |according\ to)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w-])[A-ZА-ЯЁ][\w-]+")


def best_quote(article: CleanText) -> Pick | None:
    """The quotation that says most and comes early. None: nobody is quoted by name in one
    sentence."""
    found = [
        (share / (1 + position / POSITION_HALVES), Pick(sentence.text, position))
        for position, sentence in enumerate(article_sentences(article))
        if (share := quoted_share(sentence.text)) >= LEAST_SHARE
    ]
    return max(found, key=lambda one: (one[0], -one[1].position))[1] if found else None


def quoted_share(sentence: str) -> float:
    """How much of a sentence is somebody's words, 0 … 1; 0 when it does not say whose."""
    if len(sentence) > MOST_LETTERS or not any(mark in sentence for mark in _OPENING):
        return 0.0
    if not sentence.rstrip(_CLOSING).endswith((".", "!", "?", "…")):
        return 0.0
    quotations = [one for one in _QUOTATION.findall(sentence) if _is_whole(one)]
    outside = _QUOTATION.sub(" ", sentence)
    if not quotations or set('«»“”"') & set(outside) or opens_hanging(outside.strip(" ,—–-")):
        return 0.0
    return len("".join(quotations)) / len(sentence) if _names_a_speaker(outside) else 0.0


def _is_whole(quotation: str) -> bool:
    """A thought, not a name or a few words worked into somebody else's sentence."""
    return quotation.count(" ") >= FEWEST_WORDS - 1 and quotation[1:].lstrip('«“"—– ')[:1].isupper()


def _names_a_speaker(outside: str) -> bool:
    names = [name for name in _NAME.findall(outside) if fold(name) not in STOP_WORDS]
    return bool(_SPEECH.search(outside)) and any(not _SPEECH.match(name) for name in names)
