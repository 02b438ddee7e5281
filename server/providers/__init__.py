"""The rest of the world: a Protocol by role in ``ports``, a client by vendor beside it.

Nothing here knows a capability or the database. What each call costs, how long it may take and
how its errors are read stands in docs/providers.md.
"""
