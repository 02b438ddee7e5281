"""The product as anybody would start it, on a mongod and in a folder that are gone afterwards."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Program, Unmeasurable, free_port
from server.storage.embedded import Embedded, EmbeddedUnavailable

TOKEN = "benchmarktoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx0benchmark000001"
DATABASE = "benchmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder for logs and data, and a database in it."""

    folder: Path
    mongodb_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The product's real server; its log, a line for every request, is written to a file."""

    place: Place
    port: int
    program: Program
    environment: Mapping[str, str]


@contextmanager
def place() -> Iterator[Place]:
    """Raises Unmeasurable."""
    with tempfile.TemporaryDirectory(prefix="rq-bench-") as name:
        mongod = Embedded(Path(name) / "mongo")
        try:
            mongod.start()
            yield Place(folder=Path(name), mongodb_uri=mongod.uri)
        except EmbeddedUnavailable as problem:
            raise Unmeasurable(str(problem)) from None
        finally:
            mongod.stop()


@contextmanager
def running(where: Place) -> Iterator[Running]:
    """Serve as configured by config.yaml. Raises Unmeasurable."""
    port = free_port()
    environment = _environment(where, port)
    program = Program(
        ("-m", "server", "serve"), log=where.folder / "server.log", environment=environment
    )
    try:
        program.must_listen(port)
        yield Running(place=where, port=port, program=program, environment=environment)
    finally:
        program.stop()


def _environment(where: Place, port: int) -> dict[str, str]:
    """Nobody outside is there: every vendor's address is one where nobody listens."""
    return {
        "RQ_MONGODB_URI": where.mongodb_uri,
        "RQ_FIELD_KEY_1": "11" * 32,
        "RQ_INDEX_KEY": "22" * 32,
        "RQ_TENCENT_SECRET_ID": "benchmark",
        "RQ_TENCENT_SECRET_KEY": "benchmark",
        "RQ_ALIYUN_ACCESS_KEY_ID": "benchmark",
        "RQ_ALIYUN_ACCESS_KEY_SECRET": "benchmark",
        "RQ_SMS_RECEIPT_SECRET": "benchmark-receipts",
        "RQ_WECHAT_SECRET": "benchmark",
        "RQ_WECHAT_TOKEN": TOKEN,
        "RQ_WECHAT_AES_KEY": AES_KEY,
        "RQ__ENVIRONMENT": "demo",
        "RQ__STORAGE__DATABASE": DATABASE,
        "RQ__SERVER__PORT": str(port),
        "RQ__SERVER__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "RQ__SERVER__DRAIN_SECONDS": "1",
        "RQ__TENCENT__PROTOCOL": "http",
        "RQ__TENCENT__ENDPOINT": "127.0.0.1:9",
        "RQ__ALIYUN__PROTOCOL": "http",
        "RQ__ALIYUN__DOMAIN": "127.0.0.1",
        "RQ__ALIYUN__PORT": "9",
        "RQ__WECHAT__OFFICIAL_ACCOUNT__APP_ID": APP_ID,
        "RQ__WECHAT__API_ORIGIN": "http://127.0.0.1:9",
        "RQ__WECHAT__AUTHORIZE_ORIGIN": "http://127.0.0.1:9",
    }
