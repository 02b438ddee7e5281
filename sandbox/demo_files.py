"""What `demo` leaves under var/: a configuration that points at the sandbox, and generated secrets.

The configuration is the production file with a few keys changed, so that a new key needs no second
template. Secrets are made once and kept: without them the data under var/ could not be read again.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import yaml

from sandbox.state import Credentials

TEMPLATE = Path(__file__).resolve().parents[1] / "config.yaml"
PAIRS = 50
RECEIPT_SECRET = "RQ_SMS_RECEIPT_SECRET"
# The platform's messages, each with one of the templates in sandbox/wechat/templates.yaml.
WECHAT_TEMPLATES = {
    "certification_approved": "WX_CERTIFICATION_RESULT",
    "certification_rejected": "WX_CERTIFICATION_RESULT",
    "certification_returned": "WX_CERTIFICATION_RESULT",
    "application_submitted": "WX_APPLICATION_PROGRESS",
    "application_received": "WX_APPLICATION_RECEIVED",
    "application_accepted": "WX_APPLICATION_PROGRESS",
    "application_referred_back": "WX_APPLICATION_PROGRESS",
    "application_credited": "WX_APPLICATION_AMOUNT",
    "application_lent": "WX_APPLICATION_AMOUNT",
    "application_declined": "WX_APPLICATION_PROGRESS",
}
_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class DemoProblem(Exception):
    """A sentence for the person at the terminal."""


def take_folder(var: Path) -> IO[str]:
    """Hold the lock of this folder for as long as the returned file is open."""
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise DemoProblem(f"A demo already runs on {var}; end it first or give --var.") from None
    return lock


def free_pair(port: int) -> tuple[int, int]:
    """`port` and the next one, or the first pair above of which both are free."""
    for first in range(port, port + 2 * PAIRS, 2):
        if first + 1 <= 65535 and _is_free(first) and _is_free(first + 1):
            return first, first + 1
    raise DemoProblem(f"No two neighbouring ports are free from {port} on; give another --port.")


def configuration(
    *, port: int, sandbox_port: int, data_dir: Path, template: Path = TEMPLATE
) -> dict[str, Any]:
    """The production file with the addresses of this machine and of the sandbox."""
    document = _load(template)
    changes: dict[str, dict[str, Any]] = {
        "server": {
            "address": "127.0.0.1",
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "assets": str(template.parent / document["server"]["assets"]),
        },
        "storage": {"uri": "embedded", "data_dir": str(data_dir)},
        "tencent": {
            "protocol": "http",
            "endpoint": f"127.0.0.1:{sandbox_port}",
            "eid_merchant_id": Credentials().eid_merchant_id,
        },
        "aliyun": {"protocol": "http", "domain": "127.0.0.1", "port": sandbox_port},
        "wechat": {
            "api_origin": f"http://127.0.0.1:{sandbox_port}",
            "authorize_origin": f"http://127.0.0.1:{sandbox_port}",
            "official_account": {
                **document["wechat"]["official_account"],
                "app_id": Credentials().wechat_app_id,
            },
            "templates": WECHAT_TEMPLATES,
            "rules_file": str(template.parent / document["wechat"]["rules_file"]),
        },
    }
    for part, keys in changes.items():
        document[part] = {**document[part], **keys}
    return {**document, "environment": "demo"}


def write_config(path: Path, document: Mapping[str, Any]) -> None:
    header = "# Made by `python -m sandbox demo` from config.yaml, anew at every start.\n"
    text = yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False)
    write_private(path, header + text)


def kept_secrets(path: Path, document: Mapping[str, Any]) -> dict[str, str]:
    """Every ${NAME} of the configuration: the sandbox's own credentials, or made here once."""
    known = _read_secrets(path)
    names = sorted(set(_REFERENCE.findall(yaml.safe_dump(dict(document)))))
    made = {name: known.get(name) or secrets.token_hex(32) for name in names}
    values = {**known, **made, **_sandbox_credentials()}
    if values != known:
        lines = [f"{name}={value}\n" for name, value in sorted(values.items())]
        write_private(path, "".join(lines))
    return values


def write_private(path: Path, text: str) -> None:
    """Readable by its owner only from its first byte on, and whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _sandbox_credentials() -> dict[str, str]:
    credentials = Credentials()
    return {
        "RQ_TENCENT_SECRET_ID": credentials.tencent_secret_id,
        "RQ_TENCENT_SECRET_KEY": credentials.tencent_secret_key,
        "RQ_ALIYUN_ACCESS_KEY_ID": credentials.aliyun_access_key_id,
        "RQ_ALIYUN_ACCESS_KEY_SECRET": credentials.aliyun_access_key_secret,
        "RQ_WECHAT_SECRET": credentials.wechat_secret,
        "RQ_WECHAT_TOKEN": credentials.wechat_token,
        "RQ_WECHAT_AES_KEY": credentials.wechat_aes_key,
    }


def _read_secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _load(template: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = yaml.safe_load(template.read_text("utf-8"))
    except OSError as problem:
        raise DemoProblem(f"{template} can't be read: {problem.strerror}.") from None
    return document


def _is_free(port: int) -> bool:
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
