"""Configuration: config.yaml read once into frozen typed settings.

Every part receives its own slice as plain values; nothing reads the file or the
environment later.
"""

from server.config.reading import ConfigurationError, read_settings
from server.config.settings import Settings

__all__ = ["ConfigurationError", "Settings", "read_settings"]
