"""Reading config.yaml: environment over file, ``${NAME}`` for secrets, and sentences for what is wrong."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr, ValidationError

from server.config.settings import Part, Settings

PREFIX = "RQ__"
_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class ConfigurationError(Exception):
    """The configuration can't be used; each line of the text names a key and what to do."""


def read_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read, override, fill in secrets, check. Raises ConfigurationError with every finding.

    ``RQ__SERVER__PORT=8801`` overrides ``server.port``; a value is read as YAML.
    """
    environment = os.environ if environment is None else environment
    document = _load(path)
    _refuse_plain_secrets(document)
    for name, value in environment.items():
        if name.startswith(PREFIX):
            _override(
                document, name.removeprefix(PREFIX).lower().split("__"), yaml.safe_load(value)
            )
    filled = _fill(document, environment, ())
    try:
        settings = Settings.model_validate(filled)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(error))) from None
    _check(settings)
    return settings


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: can't be read: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: must be a mapping of keys")
    return document


def _override(document: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = document.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ConfigurationError(f"{PREFIX}{'__'.join(keys).upper()}: {key} is not a mapping")
        document = inner
    document[keys[-1]] = value


def _fill(value: Any, environment: Mapping[str, str], path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(inner, environment, (*path, str(key))) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, environment, path) for inner in value]
    if not isinstance(value, str):
        return value

    def found(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environment.get(name):
            raise ConfigurationError(
                f"{'.'.join(path)}: the environment variable {name} is missing or empty"
            )
        return environment[name]

    return _REFERENCE.sub(found, value)


def _secret_paths(part: type[Part], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = []
    for name, field in part.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Part):
            paths += _secret_paths(kind, (*path, name))
        elif kind is SecretStr or "SecretStr" in str(kind):
            paths.append((*path, name))
    return paths


def _refuse_plain_secrets(document: dict[str, Any]) -> None:
    """A secret stands in the file as ``${NAME}`` only. An address may hold one: ``storage.uri``."""
    for path in _secret_paths(Settings):
        value: Any = document
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        values = value.values() if isinstance(value, dict) else [value]
        for one in values:
            is_address = path == ("storage", "uri") and "@" not in str(one)
            if one is not None and not is_address and not _REFERENCE.search(str(one)):
                raise ConfigurationError(
                    f"{'.'.join(path)}: is a secret: write ${{NAME}} and set it in the environment"
                )


def _sentences(error: ValidationError) -> list[str]:
    lines = []
    for finding in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in finding["loc"])
        if finding["type"] == "extra_forbidden":
            lines.append(f"{key}: is not a known key")
        elif finding["type"] == "missing":
            lines.append(f"{key}: is missing")
        else:
            lines.append(f"{key}: {finding['msg']}")
    return lines


def _check(settings: Settings) -> None:
    """What one key alone can't tell."""
    problems = []
    if settings.encryption.active_key not in settings.encryption.keys:
        problems.append("encryption.active_key: has no key in encryption.keys")
    if settings.storage.uri.get_secret_value() == "embedded" and settings.storage.data_dir is None:
        problems.append("storage.data_dir: is needed when storage.uri is embedded")
    if settings.environment == "production":
        problems += [
            f"{key}.protocol: must be https in production"
            for key, part in (("tencent", settings.tencent), ("aliyun", settings.aliyun))
            if part.protocol != "https"
        ]
        problems += [
            f"wechat.{key}: must start with https:// in production"
            for key in ("api_origin", "authorize_origin")
            if not getattr(settings.wechat, key).startswith("https://")
        ]
        if not settings.server.public_url.startswith("https://"):
            problems.append("server.public_url: must start with https:// in production")
    if problems:
        raise ConfigurationError("\n".join(problems))
