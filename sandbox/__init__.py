"""The rest of the world on loopback: the vendors, the people and the phone. Imports nothing of ours."""
