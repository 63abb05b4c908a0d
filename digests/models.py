"""The values of the pipeline, in its order: source → entry → article → story → digest.

All are frozen. Instants are aware UTC datetimes; local time exists only in `schedules` and in
rendering. `None` means what the comment beside the field says, and nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final, NewType

SourceId = NewType("SourceId", int)
ArticleId = NewType("ArticleId", int)
StoryId = NewType("StoryId", int)
ChatId = NewType("ChatId", int)
ScheduleId = NewType("ScheduleId", int)
DigestId = NewType("DigestId", int)
TopicId = NewType("TopicId", int)
DeliveryId = NewType("DeliveryId", int)

NOBODY: Final = ChatId(0)  # sees shared sources only


LINKS_CACHED: Final = 4_000
# Hosts on which many outlets publish, each below a path of its own.
SHARED_HOSTS: Final = frozenset(
    ("t.me", "telegram.me", "vk.com", "dzen.ru", "youtube.com", "127.0.0.1", "localhost")
)


class SourceKind(StrEnum):
    FEED = "feed"  # address: the feed's URL
    CHANNEL = "channel"  # a public Telegram channel; address: its preview page
    POSTS = "posts"  # a channel whose posts Telegram sends us; address: its chat id
    FILES = "files"  # address: a folder, or `documents` for files sent to the bot
    SENT = "sent"  # address: `forwards` or `links`, single things people send to the bot


POLLED_KINDS: Final = frozenset({SourceKind.FEED, SourceKind.CHANNEL})


@dataclass(frozen=True, slots=True)
class Source:
    id: SourceId
    kind: SourceKind
    address: str
    title: str
    owner: ChatId | None  # None: shared with everybody
    weight: float = 0.5  # quality, 0 … 1


@dataclass(frozen=True, slots=True)
class Found:
    """Something that can become a source; of kind `sent`: a page with one article."""

    kind: SourceKind
    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as a source published it: plain text, no markup, nothing cleaned yet."""

    title: str
    text: str  # paragraphs separated by blank lines
    guid: str | None = None  # None: the source gives none
    link: str | None = None  # None: no public address; else http(s)
    published: datetime | None = None  # None: undated
    date_only: bool = False  # published has a date but no time of day
    origin: str | None = None  # None: the source itself; else whose post it passes on


@dataclass(frozen=True, slots=True)
class Feed:
    title: str
    entries: tuple[Entry, ...]
    link: str | None = None  # None: the feed names no site
    ttl_minutes: int | None = None  # None: the feed asks for no interval
    skip_hours: frozenset[int] = frozenset()  # of UTC, in which it wants no polls


class ParagraphKind(StrEnum):
    BODY = "body"
    HEADING = "heading"
    QUOTE = "quote"  # opens with a quotation mark: somebody's words
    LIST = "list"  # an item of a list or a numbered point
    CONTEXT = "context"  # the body paragraph right after a heading such as «Контекст»


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    kind: ParagraphKind = ParagraphKind.BODY


@dataclass(frozen=True, slots=True)
class CleanText:
    """What is left of an entry once credits, teasers, advertising and title copies are gone."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    lines: frozenset[str] = frozenset()  # keys of the shorter lines as published, boilerplate too


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str  # stands word for word in the paragraph
    paragraph: int  # index into CleanText.paragraphs


@dataclass(frozen=True, slots=True)
class Keys:
    """What search, topics and clustering see of an article; see `digests.text.keys`.

    Each field is a space-joined string of keys: one lemma key a word in reading order, then a
    break, then the stem keys that are no lemma key of the field.
    """

    title: str
    lead: str  # the first paragraph
    body: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A sentence chosen for the summary."""

    text: str
    position: int  # index among the article's sentences: summaries are shown in source order


@dataclass(frozen=True, slots=True)
class Shingles:
    """The 4-word shingles of a text, hashed: by what two texts share, copies are told."""

    hashes: frozenset[int]  # 32 bits each
    indexed: frozenset[int]  # those by which the text is found; empty: too short to be a copy


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """An entry cleaned, keyed and summarised, ready to be stored."""

    guid: str  # the source's own, else the canonical link, else the fingerprint
    url: str | None  # canonical; None: no public address
    link: str | None  # as published, for readers; None: no public address
    fingerprint: str  # hash of normalised title + first 300 characters
    title: str
    text: str  # the cleaned paragraphs, headings included, separated by blank lines
    language: str  # "ru", "en", or "und"
    published: datetime
    keys: Keys
    shingles: Shingles
    summary: tuple[Pick, ...]  # best first, at most 5
    quote: Pick | None = None  # None: nobody is quoted by name
    lines: frozenset[str] = frozenset()  # by which the source's boilerplate is learned
    meaning: bytes | None = None  # the vector of `digests.semantics`; None: not embedded
    origin: str | None = None  # None: the source itself; else whose post it passes on
    teaser: str | None = None  # None: the text is the source's; else it is the page's, and this is
    # the fingerprint of what the source said


@dataclass(frozen=True, slots=True)
class Article:
    """A stored article as one chat sees it. Text and keys stay in the store until asked for."""

    id: ArticleId
    story_id: StoryId
    source: Source
    link: str | None  # None: no public address
    title: str
    language: str
    published: datetime
    arrived: datetime  # when the store took it in; for a source's first backlog, `published`
    summary: tuple[Pick, ...]
    guid: str = ""  # for files, the name below the source's folder
    quote: Pick | None = None  # None: nobody is quoted by name
    copy_of: ArticleId | None = None  # None: its own text; else the article it repeats
    origin: str | None = None  # None: the source itself; else whose post it passes on

    @property
    def original(self) -> ArticleId:
        """The article whose text this is: copies of one text share it."""
        return self.copy_of or self.id

    @property
    def path(self) -> str:
        """Where an article without a link was read from."""
        return f"{self.source.address}/{self.guid}"

    @property
    def outlet(self) -> str:
        """Who says it, for readers: the source, but for what people sent the one it is from."""
        if self.source.kind is SourceKind.SENT and self.origin:
            return self.origin
        return self.source.title

    @property
    def host(self) -> str:
        """What tells coverage apart: the link's host, else who said it."""
        return outlet_of(self.link) if self.link else self.outlet


@dataclass(frozen=True, slots=True)
class Story:
    """One event as one chat may see it: only articles of shared sources and its own."""

    id: StoryId
    articles: tuple[Article, ...]  # the most telling first; never empty

    @property
    def lead(self) -> Article:
        return self.articles[0]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(article.host for article in self.articles))

    @property
    def newest(self) -> datetime:
        """When its last article was published; a copy is no news."""
        own = [article.published for article in self.articles if article.copy_of is None]
        return max(own or [article.published for article in self.articles])

    @property
    def arrived(self) -> datetime:
        """When its last article came in."""
        return max(article.arrived for article in self.articles)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence as it stands in an article."""

    text: str
    article: Article


@dataclass(frozen=True, slots=True)
class Interest:
    """A topic's words that met a story, and how strongly: 1.0 title, .7 lead, .4 body."""

    topic: str
    strength: float


@dataclass(frozen=True, slots=True)
class Terms:
    """Why a story stands where it stands; each 0 … 1 but taste. See `digests.ranking`."""

    interest: float
    coverage: float
    fresh: float
    quality: float
    score: float
    taste: float = 0.0  # -1 … 1


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a story stood in a digest, as it was then."""

    topic: str | None  # None: «Главное»
    hosts: int
    newest: datetime  # its newest article's publication
    terms: Terms


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story that may enter a digest, with what it means to the subscriber."""

    story: Story
    interests: tuple[Interest, ...]  # strongest first; empty: no topic of the subscriber
    terms: Terms
    lead_keys: Keys
    keys: frozenset[str] = frozenset()  # title and lead lemmas, for diversity


class Level(IntEnum):
    """How much of a story a digest tells."""

    TITLE = 0
    SENTENCE = 1
    SUMMARY = 3
    FULL = 5


@dataclass(frozen=True, slots=True)
class Item:
    story: Story
    terms: Terms
    level: Level
    sentences: tuple[Line, ...]  # in reading order, at most `level` of them
    details: tuple[Line, ...] = ()  # further sentences, folded
    lines: tuple[Line, ...] = ()  # the story's best sentences, best first


@dataclass(frozen=True, slots=True)
class Update:
    """A story told before that has moved on, and the sentence that says how."""

    story: Story
    line: Line
    reply_to: int | None  # the message that told it; None: unknown


@dataclass(frozen=True, slots=True)
class Section:
    topic: str | None  # None: «Главное», the stories covered most
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked through, for a digest that has to say why it is empty."""

    articles: int = 0
    sources: int = 0
    failing: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    made: datetime
    since: datetime
    sections: tuple[Section, ...]
    updates: tuple[Update, ...] = ()
    looked: Looked = field(default_factory=Looked)
    minutes: int = 1  # to read, rounded up
    topics: tuple[str, ...] = ()  # that it is limited to; empty: to none

    @property
    def is_empty(self) -> bool:
        return not self.sections and not self.updates

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)


class Access(StrEnum):
    NONE = "none"  # never asked
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Local hours in which a chat is sent no digest: from `start` until before `end`."""

    start: time
    end: time  # not later than `start`: of the next day


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A chat with what it asked for."""

    chat_id: ChatId
    kind: str  # private, group, supergroup, channel
    title: str
    language: str  # ru, en
    zone: str  # IANA name
    reads: str  # languages of digests: ru, en, all
    access: Access
    subscribed: bool  # wants scheduled digests
    minutes: int  # to read a digest
    main: bool  # whether «Главное» follows the topics
    sentences: int  # an item's at most: 1, 3 or 5; 0: titles only
    quotes: bool  # an item is told by one quotation, where there is one
    paused_until: datetime | None  # None: not paused
    unreachable: bool  # Telegram refuses our messages
    expects: str | None  # None: plain words are a search; else what they answer
    quiet: Quiet | None = None  # None: digests come at any hour
    thread: int | None = None  # topic of a forum; None: the general one, or no forum
    acts_for: ChatId | None = None  # the channel whose menus a private chat shows; None: its own
    most_sources: int | None = None  # of its own; None: as the settings say
    alerts: bool = False  # wants to hear at once when a topic of its breaks

    @property
    def is_private(self) -> bool:
        return self.kind == "private"

    @property
    def is_channel(self) -> bool:
        return self.kind == "channel"

    @property
    def languages(self) -> tuple[str, ...]:
        """What the chat reads, its own language first."""
        if self.reads != "all":
            return (self.reads,)
        return tuple(dict.fromkeys((self.language, "ru", "en")))


@dataclass(frozen=True, slots=True)
class Topic:
    id: TopicId
    words: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to a chat."""

    id: DeliveryId
    chat_id: ChatId
    digest_id: DigestId | None  # None: a notice
    part: int
    content: str  # JSON: what sendMessage takes, chat left out
    attempts: int
    thread: int | None = None  # topic of a forum; None: the general one, or no forum


@lru_cache(maxsize=LINKS_CACHED)
def outlet_of(link: str) -> str:
    """The host, and on hosts where many publish the first part of the path: `t.me/channel`."""
    host = host_of(link)
    if host not in SHARED_HOSTS:
        return host
    path = link.split("://", 1)[-1].partition("/")[2].removeprefix("s/")
    return f"{host}/{path.split('/', 1)[0].split('?', 1)[0]}"


def host_of(link: str) -> str:
    """`https://www.Example.org:8080/x` → `example.org`."""
    authority = link.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0]
    host = authority.rsplit("@", 1)[-1].split(":", 1)[0].lower()
    return host.removeprefix("www.")
