"""Enterprises: who they are, and how one proves that an account may act for it (certification)."""
