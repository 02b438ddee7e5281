"""A real mongod beside us, for development, tests and small installations.

One-node replica set, so that transactions and change streams behave as in production; a 0600
unix socket inside its data directory, so that there is no port to clash or to attack. It dies
with its owner: the first process to take the directory. Others that start meanwhile share it.
"""

import ctypes
import fcntl
import importlib.util
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote_plus

from pymongo import MongoClient
from pymongo.errors import PyMongoError

REPLICA_SET = "rs0"
SOCKET_NAME = "m.sock"
MAX_SOCKET_BYTES = 107  # sun_path holds 108 with its closing zero
MIN_FREE_BYTES = 1 << 30
OPEN_FILES = 64_000
START_SECONDS = 60.0
IN_USE_SECONDS = 20.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1


class EmbeddedUnavailable(Exception):
    """Why there is no embedded database; its text is for whoever runs the server."""


class Embedded:
    """The mongod of one data directory. ``uri`` is known before it runs."""

    def __init__(
        self,
        data_dir: Path,
        *,
        mongod: Path | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
        in_use_seconds: float = IN_USE_SECONDS,
    ) -> None:
        self._data_dir = Path(os.path.abspath(data_dir))
        self._socket = str(self._data_dir / SOCKET_NAME)
        self._mongod = mongod
        self._min_free_bytes = min_free_bytes
        self._in_use_seconds = in_use_seconds
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = f"mongodb://{quote_plus(self._socket)}/?directConnection=true"

    @property
    def pid(self) -> int | None:
        """Of the mongod, when this process is its owner and it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    def start(self, *, seconds: float = START_SECONDS) -> None:
        """Return once it takes writes; again after it died, it is started anew.

        From the main thread: the kernel ends mongod with the thread that forked it. Before web
        workers are forked, so that their parent is the owner. Raises EmbeddedUnavailable.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Embedded.start must be called from the main thread")
        self._prepare_directory()
        end = time.monotonic() + seconds
        in_use_end = time.monotonic() + self._in_use_seconds
        while not self._is_primary():
            if self._own() and self.pid is None:
                self._run(in_use_end)
            if time.monotonic() > end:
                raise EmbeddedUnavailable(
                    f"the embedded MongoDB in {self._data_dir} did not become writable within "
                    f"{seconds:.0f} s; see mongod.log there"
                )
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the mongod if this process owns it, cleanly; harmless otherwise and twice."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._forget_lock()

    def _prepare_directory(self) -> None:
        if len(os.fsencode(self._socket)) > MAX_SOCKET_BYTES:
            raise EmbeddedUnavailable(
                f"{self._data_dir} is too long a path for a unix socket "
                f"(at most {MAX_SOCKET_BYTES - len(SOCKET_NAME) - 1} bytes): "
                "set storage.data_dir to a shorter one"
            )
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise EmbeddedUnavailable(f"{self._data_dir} is not a directory") from None
        except OSError as error:
            raise EmbeddedUnavailable(
                f"{self._data_dir} can't be created: {error.strerror}"
            ) from None
        if not os.access(self._data_dir, os.R_OK | os.W_OK | os.X_OK):
            raise EmbeddedUnavailable(f"{self._data_dir} is not writable for this user")

    def _own(self) -> bool:
        """Hold the owner's lock; the kernel drops it however its holder ends."""
        if self._lock is not None:
            return True
        try:
            lock = open(self._data_dir / "owner.lock", "w", encoding="ascii")
        except OSError as error:
            raise EmbeddedUnavailable(
                f"{self._data_dir} is not writable: {error.strerror}"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        os.register_at_fork(after_in_child=self._leave_to_parent)
        return True

    def _run(self, in_use_end: float) -> None:
        """Start mongod and wait until it listens as a primary, or until it ended."""
        free = shutil.disk_usage(self._data_dir).free
        if free < self._min_free_bytes:
            raise EmbeddedUnavailable(
                f"the disk of {self._data_dir} is nearly full: {free >> 20} MB free, "
                f"{self._min_free_bytes >> 20} MB needed"
            )
        binary = self._mongod or _find_mongod()
        self._wait_until_unlocked(in_use_end)
        log_start = _size(self._data_dir / "mongod.log")
        self._spawn(binary)
        while not self._make_primary():
            if self._process is not None and (code := self._process.poll()) is not None:
                self._explain_exit(binary, code, log_start, in_use_end)
                return
            time.sleep(_POLL_SECONDS)

    def _wait_until_unlocked(self, end: float) -> None:
        """Wait for the mongod of an owner that was killed: it is still closing its files.

        A second mongod would take the socket's name away from the first before it notices.
        """
        while _is_locked(self._data_dir / "mongod.lock"):
            if time.monotonic() > end:
                raise EmbeddedUnavailable(self._in_use())
            time.sleep(_POLL_SECONDS)

    def _spawn(self, binary: Path) -> None:
        command = [str(binary), "--dbpath", str(self._data_dir), "--bind_ip", self._socket]
        command += ["--filePermissions", "0600", "--replSet", REPLICA_SET]
        command += ["--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.25"]
        # A default start offers zlib, which leaks memory in the version of the wheel.
        command += ["--networkMessageCompressors", "disabled", "--quiet"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        command += ["--logpath", str(self._data_dir / "mongod.log"), "--logappend"]
        with open(self._data_dir / "mongod.err", "wb") as errors:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                    preexec_fn=_die_with_owner(),
                )
            except OSError as error:
                raise EmbeddedUnavailable(f"{binary} can't be run: {error.strerror}") from None

    def _is_primary(self) -> bool:
        if not os.path.exists(self._socket):
            return False
        try:
            with _client(self.uri) as client:
                return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False

    def _make_primary(self) -> bool:
        """Found the replica set at first start; tell it its new place when the files moved."""
        try:
            with _client(self.uri) as client:
                hello = client.admin.command("hello")
                if hello.get("isWritablePrimary"):
                    return True
                if hello.get("isreplicaset"):
                    self._configure(client)
        except PyMongoError:
            pass
        return False

    def _configure(self, client: "MongoClient[dict[str, Any]]") -> None:
        config = client["local"]["system.replset"].find_one()
        if config is None:
            members = [{"_id": 0, "host": self._socket}]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        elif config["members"][0]["host"] != self._socket:
            config["members"] = [dict(config["members"][0], host=self._socket)]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)

    def _explain_exit(self, binary: Path, code: int, log_start: int, in_use_end: float) -> None:
        """Raise what can be said about a mongod that ended, unless it is worth another try."""
        with open(self._data_dir / "mongod.err", encoding="utf-8", errors="replace") as errors:
            error = errors.read(2000).strip()
        if "error while loading shared libraries" in error:
            library = error.partition("libraries: ")[2].partition(":")[0]
            package = "libcurl4" if library.startswith("libcurl") else f"the one with {library}"
            raise EmbeddedUnavailable(
                f"{binary} lacks the library {library}: install the system package {package}"
            )
        if code == -signal.SIGILL:
            raise EmbeddedUnavailable(f"{binary} needs a processor with AVX: set storage.uri")
        if _in_log(self._data_dir / "mongod.log", log_start, b"DBPathInUse"):
            if time.monotonic() < in_use_end:
                return
            raise EmbeddedUnavailable(self._in_use())
        raise EmbeddedUnavailable(
            f"mongod ended with code {code}; see {self._data_dir / 'mongod.log'}"
        )

    def _in_use(self) -> str:
        return (
            f"{self._data_dir} is in use by another mongod: stop that one, "
            "or set storage.data_dir to another directory, or storage.uri to that database"
        )

    def _leave_to_parent(self) -> None:
        """In a forked child: the mongod and its lock stay the parent's."""
        self._process = None
        self._forget_lock()

    def _forget_lock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()


def _find_mongod() -> Path:
    # A namespace package of which only a folder is wanted; nothing of it is imported.
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "db" / "bin" / "mongod"
        if binary.is_file():
            return binary
    raise EmbeddedUnavailable(
        "no mongod is installed: install the extra rongqiao[embedded] (Linux on x86-64), "
        "or set storage.uri to a MongoDB replica set"
    )


def _die_with_owner() -> Any:
    """What the child does between fork and exec; everything it needs is made before."""
    prctl = ctypes.CDLL(None).prctl
    owner = os.getpid()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    soft = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if os.getppid() != owner:
            os._exit(1)

    return prepare


def _client(uri: str) -> "MongoClient[dict[str, Any]]":
    return MongoClient(uri, serverSelectionTimeoutMS=300)


def _is_locked(path: Path) -> bool:
    """Whether a living mongod holds its lock file."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _in_log(path: Path, start: int, words: bytes) -> bool:
    if not path.exists():
        return False
    with open(path, "rb") as file:
        file.seek(start)
        return words in file.read()
