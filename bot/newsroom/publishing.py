"""From due articles to the bytes a source would give: text files, RSS, Atom and article pages.

A feed's bytes depend only on which articles are due, so a strong ETag made from them is honest.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path

from bot.newsroom.articles import NewsroomArticle, Outlet, load_newsroom

_LIST_MARK = "- "
_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} — {outlet}</title>
<style>
body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.6 Georgia, serif; }}
header, time {{ color: #666; font-family: sans-serif; font-size: .9rem; }}
h1 {{ line-height: 1.25; }}
</style>
</head>
<body>
<header>{outlet}</header>
<article>
<h1>{title}</h1>
<time datetime="{iso}">{shown}</time>
{body}
</article>
</body>
</html>
"""


def write_files(folder: Path, start: datetime, now: datetime) -> list[Path]:
    """Write the due articles of the text-file outlets; return the files that were not there yet.

    Each file appears at once and whole, so a watcher of the folder never reads half of it.
    """
    newsroom = load_newsroom()
    outlets = [outlet for outlet in newsroom.outlets if outlet.kind == "files"]
    due = [a for outlet in outlets for a in newsroom.due(outlet.id, start, now)]
    folder.mkdir(parents=True, exist_ok=True)
    return [path for article in reversed(due) if (path := _write_file(folder, article, start))]


def _write_file(folder: Path, article: NewsroomArticle, start: datetime) -> Path | None:
    path = folder / f"{article.id}.txt"
    if path.exists():
        return None
    unfinished = folder / f".{article.id}.part"
    unfinished.write_text(render_file(article, start), encoding="utf-8")
    return unfinished.replace(path)


def render_file(article: NewsroomArticle, start: datetime) -> str:
    """Return the article in the sample's format: ` date YYYY-MM-DD Title`, then paragraphs."""
    return f" date {article.published(start):%Y-%m-%d} {article.title}\n\n{article.text}\n"


def render_feed(
    outlet: Outlet, start: datetime, now: datetime, base_url: str | None = None
) -> bytes:
    """Return the outlet's feed as it stands at `now`, newest first, in the outlet's own charset.

    Links are `{base_url}/{outlet}/{id}`; without a base they lead to the outlet's invented host.
    """
    base = base_url or f"https://{outlet.host}"
    due = load_newsroom().due(outlet.id, start, now)
    if outlet.format == "atom":
        text = _atom(outlet, due, start, base)
    elif outlet.format is not None:
        text = _rss(outlet, due, start, base)
    else:
        raise ValueError(outlet.id)
    # What the charset lacks becomes a character reference, which is right in every place we write.
    return text.encode(outlet.charset, "xmlcharrefreplace")


def content_type(outlet: Outlet) -> str:
    """Return the MIME type of the outlet's feed, without the charset."""
    return "application/atom+xml" if outlet.format == "atom" else "application/rss+xml"


def render_page(article: NewsroomArticle, start: datetime) -> str:
    """Return the article's HTML page."""
    published = article.published(start)
    return _PAGE.format(
        language=article.language,
        title=escape(article.title),
        outlet=escape(load_newsroom().outlet(article.outlet).name),
        iso=published.isoformat(timespec="seconds"),
        shown=f"{published:%Y-%m-%d %H:%M}",
        body=render_html(article),
    )


def render_html(article: NewsroomArticle) -> str:
    """Return the article's text as HTML: paragraphs, `<h3>` headings and lists."""
    return "\n".join(_block(paragraph, article.headings) for paragraph in article.paragraphs)


def _block(paragraph: str, headings: tuple[str, ...]) -> str:
    if paragraph in headings:
        return f"<h3>{escape(paragraph, quote=False)}</h3>"
    lines = paragraph.split("\n")
    if all(line.startswith(_LIST_MARK) for line in lines):
        items = (escape(line.removeprefix(_LIST_MARK), quote=False) for line in lines)
        return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"
    return f"<p>{escape(paragraph, quote=False)}</p>"


def _rss(outlet: Outlet, due: tuple[NewsroomArticle, ...], start: datetime, base_url: str) -> str:
    item = _rss_teaser_item if outlet.format == "rss-teaser" else _rss_item
    items = "\n".join(item(article, start, base_url) for article in due)
    return (
        f'<?xml version="1.0" encoding="{outlet.charset}"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">\n'
        f"<channel>\n<title>{escape(outlet.name)}</title>\n"
        f"<link>{escape(base_url)}/{outlet.id}/feed.xml</link>\n"
        f"<description>{escape(outlet.footer)}</description>\n"
        f"<language>{outlet.language}</language>\n"
        f"{items}\n</channel>\n</rss>\n"
    )


def _rss_item(article: NewsroomArticle, start: datetime, base_url: str) -> str:
    body = f"<description>{escape(render_html(article))}</description>"
    return _rss_entry(article, start, base_url, body)


def _rss_teaser_item(article: NewsroomArticle, start: datetime, base_url: str) -> str:
    html = render_html(article).replace("]]>", "]]&gt;")
    body = (
        f"<description>{escape(_teaser(article))}</description>\n"
        f"<content:encoded><![CDATA[{html}]]></content:encoded>"
    )
    return _rss_entry(article, start, base_url, body)


def _rss_entry(article: NewsroomArticle, start: datetime, base_url: str, body: str) -> str:
    link = f"{escape(base_url)}/{article.outlet}/{article.id}"
    published = format_datetime(article.published(start).astimezone(UTC), usegmt=True)
    return (
        f"<item>\n<title>{escape(article.title)}</title>\n<link>{link}</link>\n"
        f'<guid isPermaLink="true">{link}</guid>\n<pubDate>{published}</pubDate>\n'
        f"{body}\n</item>"
    )


def _teaser(article: NewsroomArticle) -> str:
    first = article.paragraphs[0]
    return first.split(". ")[0].rstrip(".") + "…"


def _atom(outlet: Outlet, due: tuple[NewsroomArticle, ...], start: datetime, base_url: str) -> str:
    link = f"{escape(base_url)}/{outlet.id}/feed.xml"
    updated = due[0].published(start) if due else start
    entries = "\n".join(_atom_entry(article, start, base_url) for article in due)
    return (
        f'<?xml version="1.0" encoding="{outlet.charset}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">\n'
        f'<title>{escape(outlet.name)}</title>\n<id>{link}</id>\n<link rel="self" href="{link}"/>\n'
        f"<updated>{_atom_time(updated)}</updated>\n"
        f"<author><name>{escape(outlet.name)}</name></author>\n"
        f"{entries}\n</feed>\n"
    )


def _atom_entry(article: NewsroomArticle, start: datetime, base_url: str) -> str:
    link = f"{escape(base_url)}/{article.outlet}/{article.id}"
    moment = _atom_time(article.published(start))
    return (
        f"<entry>\n<title>{escape(article.title)}</title>\n<id>{link}</id>\n"
        f'<link href="{link}"/>\n<published>{moment}</published>\n<updated>{moment}</updated>\n'
        f'<content type="html">{escape(render_html(article))}</content>\n</entry>'
    )


def _atom_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
