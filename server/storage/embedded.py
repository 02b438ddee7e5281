"""A real mongod beside us, for development, tests and small installations.

One-node replica set, so that transactions and change streams behave as in production; a 0600
unix socket inside its data directory, so that there is no port to clash or to attack. It dies
with its owner: the first process to take the directory. Others that start meanwhile share it.
"""

import fcntl
import os
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

from server.storage import mongod
from server.storage.mongod import EmbeddedUnavailable

__all__ = ["Embedded", "EmbeddedUnavailable"]

SOCKET_NAME = "m.sock"
MAX_SOCKET_BYTES = 107  # sun_path holds 108 with its closing zero
MIN_FREE_BYTES = 1 << 30
START_SECONDS = 60.0
IN_USE_SECONDS = 20.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02


class Embedded:
    """The mongod of one data directory. ``uri`` is known before it runs."""

    def __init__(
        self,
        data_dir: Path,
        *,
        binary: Path | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
        in_use_seconds: float = IN_USE_SECONDS,
    ) -> None:
        """``in_use_seconds``: how long to wait for the mongod of an owner that was killed."""
        self._data_dir = Path(os.path.abspath(data_dir))
        self._socket = str(self._data_dir / SOCKET_NAME)
        self._binary = binary
        self._min_free_bytes = min_free_bytes
        self._in_use_seconds = in_use_seconds
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self.uri = f"mongodb://{quote_plus(self._socket)}/?directConnection=true"

    @property
    def pid(self) -> int | None:
        """Of the mongod, when this process is its owner and it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self, *, seconds: float = START_SECONDS) -> None:
        """Return once it takes writes; called again after it died, start it anew.

        From the main thread: the kernel ends mongod with the thread that forked it. Before web
        workers are forked, so that their parent is the owner. Raises EmbeddedUnavailable.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Embedded.start must be called from the main thread")
        self._prepare_directory()
        if self.pid is None:
            self._process = None
        end = time.monotonic() + seconds
        in_use_end = time.monotonic() + self._in_use_seconds
        while not self._is_primary():
            if self._own() and self.pid is None:
                self._launch(in_use_end)
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

    def _launch(self, in_use_end: float) -> None:
        """Start mongod, or say why there can't be one. One that was just killed may be in the way:
        a second would take the socket's name from it before noticing, so wait for its files.
        """
        binary = self._binary or mongod.find()
        if self._process is not None:
            code, self._process = self._process.wait(), None
            reason = mongod.explain_exit(binary, self._data_dir, code, log_start=self._log_start)
            if reason:
                raise EmbeddedUnavailable(reason)
        free = shutil.disk_usage(self._data_dir).free
        if free < self._min_free_bytes:
            raise EmbeddedUnavailable(
                f"the disk of {self._data_dir} is nearly full: {free >> 20} MB free, "
                f"{self._min_free_bytes >> 20} MB needed"
            )
        if not mongod.is_running_in(self._data_dir):
            self._log_start = mongod.log_size(self._data_dir)
            self._process = mongod.spawn(binary, self._data_dir, self._socket)
        elif time.monotonic() > in_use_end:
            raise EmbeddedUnavailable(
                f"{self._data_dir} is in use by another mongod: stop that one, or set "
                "storage.data_dir to another directory, or storage.uri to that database"
            )

    def _is_primary(self) -> bool:
        """Ask; the owner also founds the replica set, or tells it its new place after a move."""
        if not os.path.exists(self._socket):
            return False
        try:
            with MongoClient[dict[str, Any]](self.uri, serverSelectionTimeoutMS=300) as client:
                hello = client.admin.command("hello")
                if hello.get("isWritablePrimary"):
                    # Holding the lock without a mongod of ours, this one lost its owner: it dies.
                    return self.pid is not None or not self._own()
                if self.pid is not None and hello.get("isreplicaset"):
                    self._configure(client)
        except PyMongoError:
            pass
        return False

    def _configure(self, client: "MongoClient[dict[str, Any]]") -> None:
        config = client["local"]["system.replset"].find_one()
        if config is None:
            members = [{"_id": 0, "host": self._socket}]
            found = {"_id": mongod.REPLICA_SET, "members": members}
            client.admin.command("replSetInitiate", found)
        elif config["members"][0]["host"] != self._socket:
            config["members"] = [dict(config["members"][0], host=self._socket)]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)

    def _leave_to_parent(self) -> None:
        """In a forked child: the mongod and its lock stay the parent's."""
        self._process = None
        self._forget_lock()

    def _forget_lock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()
