"""One file a feature: parse, call one use case, answer; `routers` is their order."""

from aiogram import Router

from bot.handlers import (
    access,
    admin,
    broadcast,
    corrections,
    errors,
    held,
    members,
    reasons,
    schedule,
    settings,
    sources,
    starting,
    stories,
    topics,
    words,
)


def routers() -> tuple[Router, ...]:
    """Plain words come last: they are whatever no command took."""
    return tuple(
        feature.make_router()
        for feature in (
            errors,
            members,
            access,
            starting,
            stories,
            reasons,
            topics,
            schedule,
            settings,
            sources,
            corrections,
            held,
            admin,
            broadcast,
            words,
        )
    )
