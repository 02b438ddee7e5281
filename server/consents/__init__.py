"""Consents: what somebody agreed to, in which version, when and from where (PIPL 14, 29)."""
