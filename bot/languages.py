"""Which languages the bot speaks: those that `locales` has a file of. Nothing else says so."""

from importlib import resources
from typing import Final

FIRST: Final = ("ru", "en")  # in menus; further ones by their code


def _found() -> tuple[str, ...]:
    files = resources.files("bot").joinpath("locales").iterdir()
    codes = {file.name.removesuffix(".po") for file in files if file.name.endswith(".po")}
    return tuple(sorted(codes, key=lambda code: (code not in FIRST, code == FIRST[1], code)))


LANGUAGES: Final = _found()
