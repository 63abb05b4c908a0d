"""What can go wrong between us, Telegram and foreign sites."""

from digests.errors import SvodkaError


class SettingsError(SvodkaError):
    """A setting has a wrong value; `str` is the sentence for the operator."""

    code = "error.settings"

    def __str__(self) -> str:
        return str(self.args[0])


class FetchError(SvodkaError):
    """A source could not be fetched; `reason` says how."""

    code = "error.fetch"


class BadLinkError(SvodkaError):
    code = "error.bad_link"


class NotAllowedError(SvodkaError):
    """Only administrators may do that."""

    code = "error.not_allowed"


class BadDurationError(SvodkaError):
    code = "error.bad_duration"


class BadQuietError(SvodkaError):
    code = "error.bad_quiet"


class TooManyTimesError(SvodkaError):
    """A chat may have so many digests a day."""

    code = "error.too_many_times"


class TooManyTopicsError(SvodkaError):
    """A chat follows as many topics as it may."""

    code = "error.too_many_topics"


class PrivateChannelError(SvodkaError):
    """An invitation: what is behind it has no public preview."""

    code = "error.private_channel"


class SourcesClosedError(SvodkaError):
    """Only administrators add sources."""

    code = "error.sources_closed"


class TooManySourcesError(SvodkaError):
    """A chat has as many sources of its own as it may."""

    code = "error.too_many_sources"


class RequesterFullError(SvodkaError):
    """Who asked for a source has as many of their own as they may by now."""

    code = "error.requester_full"


class TooManyArticlesError(SvodkaError):
    """A chat keeps as many articles that it sent as it may."""

    code = "error.too_many_articles"


class TooManyRequestsError(SvodkaError):
    """A chat waits for as many answers of the administrators as it may."""

    code = "error.too_many_requests"


class TooOftenError(SvodkaError):
    """A chat asks for more than it may have in a while; `seconds` until it may ask again."""

    code = "error.too_often"


class TooLargeError(SvodkaError):
    code = "error.too_large"


class AccessClosedError(SvodkaError):
    """Whoever is banned reads nothing here."""

    code = "access.closed"


class DigestGoneError(SvodkaError):
    """The digest of a link is forgotten or erased, or there never was one."""

    code = "error.digest_gone"


class NotMemberError(SvodkaError):
    """A digest is for those who see the chat that it was sent to."""

    code = "error.not_member"


class StaleButtonError(SvodkaError):
    """A button of an older menu, or forged data."""

    code = "error.stale_button"


class TelegramUnreachableError(SvodkaError):
    code = "error.telegram_unreachable"


class WorkerError(SvodkaError):
    """A worker process died or ran out of time on foreign bytes."""

    code = "error.worker"


class EmptyBroadcastError(SvodkaError):
    """A broadcast without a word to send."""

    code = "error.empty_broadcast"


class BroadcastTooLongError(SvodkaError):
    code = "error.broadcast_too_long"
