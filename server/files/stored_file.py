"""A stored file, and what is refused before one is stored."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.core.errors import Invalid, NotFound, Unavailable

JPEG = "image/jpeg"
PDF = "application/pdf"


class FilePurpose(StrEnum):
    """What a file is for; a file of one purpose is never served as another."""

    LICENCE = "licence"


class FileTooLarge(Invalid):
    """More bytes than the configuration allows."""

    code = "files.too_large"
    sentence = "文件太大，不能超过 {limit}。请压缩后重新上传。"


class FileEmpty(Invalid):
    """No file, or one without content."""

    code = "files.empty"
    sentence = "请选择要上传的文件。"


class FileTypeUnknown(Invalid):
    """Judged by content, whatever its name says."""

    code = "files.type_unknown"
    sentence = "文件格式不支持。请上传 JPG、JPEG、PNG、BMP、HEIC 图片或 PDF 文件。"


class FileUnreadable(Invalid):
    """Cut short, damaged, or locked with a password."""

    code = "files.unreadable"
    sentence = "文件无法打开，可能已损坏或加了密码。请检查后重新上传。"


class FileTooManyPixels(Invalid):
    """A picture or a PDF that would swell beyond reason."""

    code = "files.too_many_pixels"
    sentence = "图片尺寸或页数太大，请用手机重新拍照，或压缩后再上传。"


class FilesBusy(Unavailable):
    """All decoding threads are at work and the queue is full."""

    code = "files.busy"
    sentence = "上传的人较多，请稍候片刻再试。"


class FileNotFound(NotFound):
    """Never there, or deleted."""

    code = "files.not_found"
    sentence = "没有找到这个文件，可能已被删除。"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """``size`` in bytes as stored; ``label`` is the name it was sent under; JPEG or PDF."""

    id: str
    owner_account_id: str
    purpose: FilePurpose
    content_type: str
    size: int
    label: str
    created_at: datetime


def size_text(size: int) -> str:
    """``5 MB``, ``512 KB``: for sentences."""
    return f"{size / 1048576:g} MB" if size >= 1048576 else f"{max(1, size // 1024)} KB"
