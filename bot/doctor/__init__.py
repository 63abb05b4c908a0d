"""What is wrong with this installation and what to do about it: `svodka doctor`.

Each look is a function that returns findings; none of them changes anything, and one that fails
itself is a finding too. `machine` looks at what is here, `service` at the database and Telegram.
"""
