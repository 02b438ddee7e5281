"""Fixtures of all tests: see tests/mongod.py (database), tests/platforms.py (the whole product)."""

pytest_plugins = ["tests.mongod", "tests.platforms", "tests.browser.fixtures"]
