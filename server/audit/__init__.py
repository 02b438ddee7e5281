"""Audit: who did what to what, when and from where; rows that nobody can change unseen."""
