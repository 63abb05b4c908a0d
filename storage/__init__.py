"""SQL and nothing else: one SQLite file, one writer, a few readers, every statement in here.

`database` opens the file, `migrate` brings its schema up to date, and one module a table family
turns the objects of `digests` into rows and back. Instants are UTC seconds in the file and aware
datetimes outside of it. Every read of articles takes the chat and returns only what it may see.
"""
