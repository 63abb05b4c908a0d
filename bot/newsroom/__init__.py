"""Invented outlets with three days of invented news, for the demo and the tests.

Everything here is made up: outlets, cities, people and events. `articles` reads the news from the
TOML files beside it, `publishing` turns what is due into feeds and text files, and `server` serves
them on loopback, so that the whole way from source to digest runs without the internet.
"""
