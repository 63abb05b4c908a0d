"""Albums that people forward: Telegram sends each picture as a message of its own, and mostly the
first one alone has the words.
"""

from dataclasses import dataclass, field

from aiogram.types import Message


@dataclass(slots=True)
class Albums:
    """The last album of each chat, and which of its messages was answered."""

    answered: dict[int, tuple[str, int]] = field(default_factory=dict)

    def is_told(self, message: Message) -> bool:
        """Whether another message of its album was answered; if not, this one is now. A message
        handled again is answered again."""
        album = message.media_group_id
        if album is None:
            return False
        known, first = self.answered.get(message.chat.id, ("", 0))
        if known == album:
            return first != message.message_id
        self.answered[message.chat.id] = (album, message.message_id)
        return False
