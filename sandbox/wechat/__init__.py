"""WeChat's official-account platform on loopback: its API, web authorisation, pushes and chats.

Imports nothing by itself, so that `sandbox.state` can hold an account.
"""
