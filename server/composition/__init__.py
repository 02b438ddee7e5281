"""Putting the parts together: the ground first, then people, then their business. Used by main only."""
