"""The error tree. Each error has a code, which the catalogues turn into a sentence for the user,
and the values that identify the thing; the cause goes to the log by `raise … from`."""

from typing import ClassVar


class SvodkaError(Exception):
    """Anything we raise on purpose. `code` is a message id of the catalogues."""

    code: ClassVar[str] = "error.internal"

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message or self.code)
        self.values = values

    @property
    def cause(self) -> str:
        """What went wrong without what it went wrong with, which may be somebody's own."""
        reason = self.values.get("reason")
        return f"{self.code} ({reason})" if isinstance(reason, str) else self.code

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from worker processes to the bot by pickling.
        return _rebuild, (type(self), self.args, self.values)

    def __str__(self) -> str:
        named = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.args[0]} ({named})" if named else str(self.args[0])


def _rebuild(
    kind: type[SvodkaError], args: tuple[str, ...], values: dict[str, object]
) -> SvodkaError:
    error = kind(*args)
    error.values = values
    return error


class ArticleRejectedError(SvodkaError):
    """A file or entry that is no article: empty, binary, without title or text."""

    code = "error.article_rejected"


class NotTextError(ArticleRejectedError):
    code = "error.not_text"


class EmptyFileError(ArticleRejectedError):
    code = "error.empty_file"


class NoHeaderError(ArticleRejectedError):
    """A text file whose first line is not ` date YYYY-MM-DD Title`."""

    code = "error.no_header"


class NoWordsError(ArticleRejectedError):
    """A post with nothing to read in it."""

    code = "error.no_words"


class NotAFeedError(SvodkaError):
    """The bytes are no feed any parser can read, or a feed without entries."""

    code = "error.not_a_feed"


class NotOpmlError(SvodkaError):
    """The bytes are no list of feeds, or one without a feed."""

    code = "error.not_opml"


class NoChannelError(SvodkaError):
    """The page shows no channel: there is none of that name, or it has no public preview."""

    code = "error.no_channel"


class UnknownZoneError(SvodkaError):
    code = "error.unknown_zone"


class BadScheduleError(SvodkaError):
    code = "error.bad_schedule"


class EmptyQueryError(SvodkaError):
    """A query without a single word that could be looked for."""

    code = "error.empty_query"
