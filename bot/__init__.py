"""Telegram, the network, the clock, the operator and the wiring of Svodka.

`app` is the one place that wires; `gathering` and `files` are how articles come in, `pipeline` is
what the clock publishes, `subscribing` what a chat starts; `handlers` are thin. Imports go
bot → storage → digests, never back.
"""

__version__ = "0.1.0"
