"""Preview pages of channels in the structure Telegram gives them, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape

PAGE_POSTS = 20
FIRST = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@dataclass
class Post:
    number: int
    text: str = ""  # HTML as Telegram writes it: <b>, <br/>, <a>, <i class="emoji">
    at: datetime | None = None
    forwarded: str = ""
    reply: str = ""
    photos: int = 0
    preview: tuple[str, str] | None = None  # title and description of a linked page
    edited: bool = False
    service: bool = False


@dataclass
class Channel:
    name: str = "lugograd"
    title: str = "Лугоград сегодня"
    posts: list[Post] = field(default_factory=list)

    def page(self, before: int | None = None) -> str:
        shown = [post for post in self.posts if before is None or post.number < before]
        shown = shown[-PAGE_POSTS:]
        older = shown and shown[0].number > self.posts[0].number
        more = (
            '<div class="tgme_widget_message_centered js-messages_more_wrap">'
            f'<a href="/s/{self.name}?before={shown[0].number}" class="tme_messages_more '
            f'js-messages_more" data-before="{shown[0].number}"></a></div>'
            if older
            else ""
        )
        return (
            f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(self.title)} – '
            'Telegram</title><meta property="og:title" content="x"></head>'
            '<body class="widget_frame_base tgme_webpreview"><header class="tgme_header">'
            '<div class="tgme_header_title">Telegram</div></header>'
            '<main class="tgme_main"><div class="tgme_container">'
            '<section class="tgme_right_column"><div class="tgme_channel_info">'
            '<div class="tgme_channel_info_header"><div '
            'class="tgme_channel_info_header_title_wrap">'
            f'<div class="tgme_channel_info_header_title"><span dir="auto">{escape(self.title)}'
            '</span></div></div><div class="tgme_channel_info_header_username">'
            f'<a href="https://t.me/{self.name}">@{self.name}</a></div></div></div></section>'
            '<section class="tgme_channel_history js-message_history">'
            f"{more}{''.join(self._post(post) for post in shown)}"
            "</section></div></main></body></html>"
        )

    def _post(self, post: Post) -> str:
        at = post.at or FIRST + timedelta(minutes=post.number)
        kind = " service_message" if post.service else ""
        parts = []
        if post.forwarded:
            parts.append(
                '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from '
                '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/other/7">'
                f'<span dir="auto">{escape(post.forwarded)}</span></a></div>'
            )
        if post.reply:
            parts.append(
                '<a class="tgme_widget_message_reply user-color-default" href="https://t.me/x/1">'
                '<div class="tgme_widget_message_author accent_color"><span '
                'class="tgme_widget_message_author_name" dir="auto">Кто-то</span></div><div '
                'class="tgme_widget_message_metatext js-message_reply_text" dir="auto">'
                f"{post.reply}</div></a>"
            )
        if post.photos:
            photos = "".join(
                '<a class="tgme_widget_message_photo_wrap grouped_media_wrap js-message_photo" '
                f'href="https://t.me/{self.name}/{post.number + n}?single"></a>'
                for n in range(post.photos)
            )
            parts.append(
                '<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap">'
                f'{photos}<time class="message_video_duration">0:45</time></div>'
            )
        if post.text:
            parts.append(
                '<div class="tgme_widget_message_text js-message_text" dir="auto">'
                f"{post.text}</div>"
            )
        if post.preview:
            title, description = map(escape, post.preview)
            parts.append(
                '<a class="tgme_widget_message_link_preview" href="https://a.example/1">'
                '<div class="link_preview_site_name accent_color" dir="auto">A</div>'
                f'<div class="link_preview_title" dir="auto">{title}</div>'
                f'<div class="link_preview_description" dir="auto">{description}</div></a>'
            )
        return (
            '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="'
            f'tgme_widget_message text_not_supported_wrap js-widget_message{kind}" '
            f'data-post="{self.name}/{post.number}" data-view="x">'
            '<div class="tgme_widget_message_user"><i class="tgme_widget_message_user_photo"></i>'
            '</div><div class="tgme_widget_message_bubble">'
            '<div class="tgme_widget_message_author accent_color"><a '
            f'class="tgme_widget_message_owner_name" href="https://t.me/{self.name}"><span '
            f'dir="auto">{escape(self.title)}</span></a></div>{"".join(parts)}'
            '<div class="tgme_widget_message_footer compact js-message_footer"><div '
            'class="tgme_widget_message_info short js-message_info"><span '
            'class="tgme_widget_message_views">1.2K</span><span class="copyonly"> views</span>'
            f'<span class="tgme_widget_message_meta">{"edited &nbsp;" if post.edited else ""}<a '
            f'class="tgme_widget_message_date" href="https://t.me/{self.name}/{post.number}"><time '
            f'datetime="{at:%Y-%m-%dT%H:%M:%S}+00:00" class="time">{at:%H:%M}</time></a></span>'
            "</div></div></div></div></div>"
        )


NO_PREVIEW = (
    "<!DOCTYPE html><html><head><title>Telegram: Contact @nobody</title></head><body><div "
    'class="tgme_page"><div class="tgme_page_extra">@nobody</div><div class="tgme_page_action">'
    '<a class="tgme_action_button_new" href="tg://resolve?domain=nobody">Send Message</a></div>'
    "</div></body></html>"
)
