"""One file a feature: parse, call one use case, answer; `routers` is their order."""

from aiogram import Router

from bot.handlers import (
    access,
    adding,
    admin,
    broadcast,
    channels,
    corrections,
    errors,
    exporting,
    held,
    hours,
    inline,
    items,
    managing,
    members,
    opening,
    privacy,
    reasons,
    recap,
    saved,
    schedule,
    sent,
    settings,
    sources,
    starting,
    stories,
    story,
    taste,
    topics,
    words,
)


def routers() -> tuple[Router, ...]:
    """Inline mode comes first, since what is shared from there may look like a command; plain words
    come last: they are whatever no command took."""
    return tuple(
        feature.make_router()
        for feature in (
            errors,
            inline,
            channels,  # before members: both hear of the bot's own membership
            members,
            access,
            managing,
            opening,  # before starting: a link is a /start too
            starting,
            privacy,
            stories,
            story,
            items,
            reasons,
            taste,
            recap,
            saved,
            topics,
            schedule,
            hours,
            settings,
            sources,
            adding,
            exporting,
            sent,
            corrections,
            held,
            admin,
            broadcast,
            words,
        )
    )
