"""A local stand-in for Telegram's Bot API over real HTTP, with a chat page.

aiogram talks to it as to Telegram, persons act on it through `bot.sandbox.client` or the page.
It knows nothing of Svodka: start it with `bot.sandbox.server.run_sandbox` or
`python -m bot.sandbox`. This module stays empty so that naming it does not import aiogram.
"""
