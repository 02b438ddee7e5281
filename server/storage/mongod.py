"""The mongod program: where it is, how it is started, and why it ended. embedded.py owns its life."""

import ctypes
import fcntl
import importlib.util
import os
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

REPLICA_SET = "rs0"
OPEN_FILES = 64_000
_PR_SET_PDEATHSIG = 1


class EmbeddedUnavailable(Exception):
    """Why there is no embedded database; its text is for whoever runs the server."""


def find() -> Path:
    """The binary of the wheel. Raises EmbeddedUnavailable."""
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


def spawn(binary: Path, data_dir: Path, socket: str) -> subprocess.Popen[bytes]:
    """Start it; it listens on the socket alone and ends with the calling thread."""
    command = [str(binary), "--dbpath", str(data_dir), "--bind_ip", socket]
    command += ["--filePermissions", "0600", "--replSet", REPLICA_SET]
    command += ["--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.25"]
    # A default start offers zlib, which leaks memory in the version of the wheel.
    command += ["--networkMessageCompressors", "disabled", "--quiet"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    command += ["--logpath", str(data_dir / "mongod.log"), "--logappend"]
    with open(data_dir / "mongod.err", "wb") as errors:
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is the owner's to hear first
                preexec_fn=_die_with_owner(),
            )
        except OSError as error:
            raise EmbeddedUnavailable(f"{binary} can't be run: {error.strerror}") from None


def explain_exit(binary: Path, data_dir: Path, code: int, *, log_start: int) -> str:
    """A sentence on why it ended, or "" when another one held the data directory."""
    with open(data_dir / "mongod.err", encoding="utf-8", errors="replace") as errors:
        error = errors.read(2000).strip()
    if "error while loading shared libraries" in error:
        library = error.partition("libraries: ")[2].partition(":")[0]
        package = "libcurl4" if library.startswith("libcurl") else f"that has {library}"
        return f"{binary} lacks the library {library}: install the system package {package}"
    if code == -signal.SIGILL:
        return f"{binary} needs a processor with AVX; without one, set storage.uri"
    if _in_log(data_dir / "mongod.log", log_start, b"DBPathInUse"):
        return ""
    return f"mongod ended with code {code}; see {data_dir / 'mongod.log'}"


def log_size(data_dir: Path) -> int:
    """Bytes in its log now, so that what it says next can be told from the past."""
    path = data_dir / "mongod.log"
    return path.stat().st_size if path.exists() else 0


def is_running_in(data_dir: Path) -> bool:
    """Whether a living mongod, whoever started it, holds the data directory."""
    try:
        with open(data_dir / "mongod.lock", "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _die_with_owner() -> Callable[[], None]:
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


def _in_log(path: Path, start: int, words: bytes) -> bool:
    if not path.exists():
        return False
    with open(path, "rb") as file:
        file.seek(start)
        return words in file.read()
