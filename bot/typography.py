"""Where a line may not break: no digit is parted from its unit, no dash begins a line.

A space becomes a no-break space, in our own texts alone: what a source says is shown letter for
letter.
"""

import re
from typing import Final

# None that is a word too: «5 с ошибками» is no five seconds.
UNITS: Final = "мин|ч|тыс|млн|млрд|трлн|руб|га|см|мм|км|кг|КБ|МБ|ГБ|min|h|km|kg|KB|MB|GB|am|pm"
NO_BREAK: Final = "\u00a0"
PARTED: Final = re.compile(
    r"(?<=\S) (?=[—–] )"  # a dash stays with the word before it
    rf"|(?<=[\d}}]) (?=(?:[%‰°₽€$]|(?:{UNITS})\b))"  # } ends a number to be filled in
    r"|(?<=№) (?=\d)"
    r"|(?<=[\d}][ \u00a0]ч) (?=назад\b)"
    r"|(?<=\b[вксВКС]) (?=[\d{])"
)


def kept_together(text: str) -> str:
    return PARTED.sub(NO_BREAK, text)
