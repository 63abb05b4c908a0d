"""What `make eval` prints: how good the digests are, with reference methods beside ours.

Deterministic; on the newsroom always, on the development data in ../shared/data where it is.
"""
