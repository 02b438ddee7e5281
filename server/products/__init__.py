"""Products: what institutions offer, and the mart in which everybody compares them."""
