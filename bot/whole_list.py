"""Everything that a digest was chosen from: what its reader did not get to see, too."""

from datetime import datetime

from bot.context import Context
from bot.making import Making, topic_of
from digests.composing import ranked
from digests.models import Story, Subscriber


async def everything_new(context: Context, subscriber: Subscriber, since: datetime) -> list[Story]:
    """The stories since then, best first, as a digest would weigh them now."""
    now = context.now()
    making = Making(context.db, context.workers, now, context.update_wait)
    asked = (await making.ask([subscriber]))[subscriber.chat_id].inputs
    topics = [topic_of(words) for words in asked.topics]
    material, _ = await making.material(
        asked.viewer, topics, since, languages=asked.languages, unwanted=asked.unwanted
    )
    found = await context.workers.run(
        ranked,
        material,
        topics,
        now,
        muted=[topic_of(words) for words in asked.muted],
        languages=asked.languages,
        taste=asked.taste,
    )
    return [one.story for one in found]
