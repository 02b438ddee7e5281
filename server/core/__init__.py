"""The small words every other floor speaks: refusals, clock, ids, money, masking. Imports nothing of ours."""
