"""Judging and normalising pictures and PDF pages. Blocking and hungry: runs in decoding.py's threads.

The header's size is judged before a pixel is decoded, so that a small file that swells to
gigabytes is refused at once. What comes out is always a plain JPEG without metadata.
"""

import io
import threading
import warnings

import filetype
import pillow_heif
import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

from server.files.stored_file import (
    JPEG,
    PDF,
    FileTooManyPixels,
    FileTypeUnknown,
    FileUnreadable,
)

MAX_PIXELS = 50_000_000
"""A phone's 48-megapixel photo fits."""
MAX_SIDE = 4096
MAX_PDF_PAGES = 20
PDF_SIDE = 2400
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/bmp": "BMP", "image/heic": "HEIF"}
_QUALITIES = (90, 80, 70, 60)
_HEAD_BYTES = 4096
_pdfium = threading.Lock()  # PDFium is not safe in several threads


def prepare() -> None:
    """What the imaging library must be told once in a process, before the first picture."""
    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    # Twice as many are an error; between the two our own judgement of the header refuses.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def normalise(data: bytes) -> tuple[bytes, str]:
    """What is kept of an upload, and its content type: a JPEG, or the PDF as it came.

    Raises FileTypeUnknown, FileUnreadable, FileTooManyPixels.
    """
    mime = filetype.guess_mime(data[:_HEAD_BYTES])
    if mime == PDF:
        _render(data)
        return data, PDF
    if mime not in _FORMATS:
        raise FileTypeUnknown(field="file")
    return _encode(_decode(data, _FORMATS[mime]), MAX_SIDE, None), JPEG


def as_jpeg(data: bytes, content_type: str, max_bytes: int) -> bytes:
    """A stored file as one JPEG of at most ``max_bytes``: the first page of a PDF."""
    if content_type == JPEG and len(data) <= max_bytes:
        return data
    picture = _render(data) if content_type == PDF else _decode(data, "JPEG")
    return _encode(picture, MAX_SIDE, max_bytes)


def _decode(data: bytes, picture_format: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=[picture_format]) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS or min(width, height) < 1:
                raise FileTooManyPixels(field="file")
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
            turned = ImageOps.exif_transpose(opened)
            return _flat(turned)
    except Image.DecompressionBombError:
        raise FileTooManyPixels(field="file") from None
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        RuntimeError,
        MemoryError,
    ):
        raise FileUnreadable(field="file") from None


def _flat(picture: Image.Image) -> Image.Image:
    """On white paper, without transparency and colour profiles."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return picture.convert("RGB")


def _encode(picture: Image.Image, side: int, max_bytes: int | None) -> bytes:
    """Scaled to ``side`` and, when ``max_bytes`` is given, coarser until it fits."""
    picture.thumbnail((side, side))
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, exif=b"")
        if max_bytes is None or out.tell() <= max_bytes:
            return out.getvalue()
    return _encode(picture, side // 2, max_bytes)


def _render(data: bytes) -> Image.Image:
    """The first page, bounded whatever size the page claims."""
    with _pdfium:
        try:
            document = pypdfium2.PdfDocument(data)
        except (pypdfium2.PdfiumError, ValueError):
            raise FileUnreadable(field="file") from None
        try:
            if len(document) > MAX_PDF_PAGES:
                raise FileTooManyPixels(field="file")
            page = document[0]
            longest = max(page.get_size())
            if not longest > 0:
                raise FileUnreadable(field="file")
            scale = min(PDF_SIDE / longest, 300 / 72)
            picture: Image.Image = page.render(scale=scale).to_pil()
            return picture.convert("RGB")
        except (pypdfium2.PdfiumError, ValueError, IndexError, RuntimeError):
            raise FileUnreadable(field="file") from None
        finally:
            document.close()
