"""Accounts: who somebody is, how he proves it, and for how long we remember."""
