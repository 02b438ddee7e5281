"""Uploads at the door: size to the byte, type by content, pictures that swell, bodies that break."""

import asyncio
import io
import os
import struct
import zlib

import pypdfium2
import pytest
from PIL import Image

from tests.certifying import agree, applicant, enterprise, picture, send_licence
from tests.clients import ApiClient, PageClient
from tests.http.portal.test_certification import agree as agree_on_page
from tests.http.portal.test_certification import sign_up
from tests.platforms import Running

LIMIT = 5 * 1024 * 1024


async def ready(running: Running) -> ApiClient:
    api = await applicant(running)
    await agree(api)
    return api


async def assert_nothing_kept(running: Running) -> None:
    for name in ("files", "blobs", "blob_chunks"):
        assert await running.database[name].count_documents({}) == 0, name


def padded(data: bytes, size: int) -> bytes:
    """The same picture with bytes behind its end, exactly so large."""
    return data + bytes(size - len(data))


def photo(
    picture_format: str, *, orientation: int = 1, size: tuple[int, int] = (900, 600)
) -> bytes:
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "a camera"
    out = io.BytesIO()
    image.save(out, picture_format, **({} if picture_format == "BMP" else {"exif": exif}))
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A header that promises so many pixels, and next to no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")
    )


def pdf(pages: int = 1) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.shows("F046")
async def test_five_megabytes_are_taken_and_one_byte_more_is_refused(running: Running) -> None:
    api = await ready(running)
    whole = padded(picture(enterprise()), LIMIT)
    too_large = await send_licence(api, whole + b"\0")
    assert (too_large.status, too_large.code) == (422, "files.too_large")
    assert too_large.json["field"] == "file" and "5 MB" in too_large.json["message"]
    await assert_nothing_kept(running)
    taken = await send_licence(api, whole)
    assert taken.status == 201, taken.text


async def test_far_too_large_is_refused_with_the_same_sentence(running: Running) -> None:
    api = await ready(running)
    answer = await send_licence(api, bytes(20 * 1024 * 1024))
    assert (answer.status, answer.code) == (422, "files.too_large")
    assert (await api.get("/certification")).json["has_licence"] is False


@pytest.mark.shows("F046")
@pytest.mark.parametrize(
    "data",
    [
        b"MZ" + bytes(2000),
        b"<html><script>1</script></html>",
        b"GIF89a" + bytes(500),
        os.urandom(900),
    ],
)
async def test_the_type_is_judged_by_content_whatever_the_name_says(
    running: Running, data: bytes
) -> None:
    api = await ready(running)
    answer = await send_licence(api, data, label="licence.jpg")
    assert (answer.status, answer.code) == (422, "files.type_unknown")
    await assert_nothing_kept(running)


@pytest.mark.shows("F046")
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "BMP", "HEIF"])
async def test_every_format_becomes_a_plain_jpeg(running: Running, picture_format: str) -> None:
    api = await ready(running)
    answer = await send_licence(api, photo(picture_format), label="x.bin")
    assert answer.status == 201, answer.text
    kept = (await api.get("/certification/licence")).body
    with Image.open(io.BytesIO(kept)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (900, 600))
        assert not dict(shown.getexif())


async def test_a_phones_photo_is_turned_stripped_and_scaled(running: Running) -> None:
    api = await ready(running)
    await send_licence(api, photo("JPEG", orientation=6, size=(5000, 3000)))
    kept = (await api.get("/certification/licence")).body
    with Image.open(io.BytesIO(kept)) as shown:
        assert max(shown.size) == 4096
        assert shown.height > shown.width
        assert not dict(shown.getexif())


async def test_a_pdf_is_read_by_its_first_page(running: Running) -> None:
    api = await ready(running)
    assert (await send_licence(api, pdf(2), label="licence.pdf")).status == 201
    shown = await api.get("/certification/licence")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.body[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_of(60_000, 60_000), "files.too_many_pixels"),
        (png_of(9_000, 9_000), "files.too_many_pixels"),
        (png_of(3_000, 3_000), "files.unreadable"),
        (picture(enterprise())[:20_000], "files.unreadable"),
        (b"%PDF-1.7\n" + bytes(500), "files.unreadable"),
        (pdf(21), "files.too_many_pixels"),
        (b"", "files.empty"),
    ],
    ids=["bomb", "large", "short", "truncated", "broken-pdf", "many-pages", "empty"],
)
async def test_what_swells_or_is_broken_is_refused_at_once(
    running: Running, data: bytes, code: str
) -> None:
    api = await ready(running)
    loop = asyncio.get_running_loop()
    before = loop.time()
    answer = await send_licence(api, data)
    assert (answer.status, answer.code) == (422, code)
    assert loop.time() - before < 5
    await assert_nothing_kept(running)


async def test_the_same_upload_sent_twice_keeps_one_file(running: Running) -> None:
    api = await ready(running)
    first = await send_licence(api, picture(enterprise()), key="an-upload-of-mine")
    again = await send_licence(api, picture(enterprise()), key="an-upload-of-mine")
    assert (first.status, first.body) == (again.status, again.body)
    assert await running.database["files"].count_documents({}) == 1
    other = await send_licence(api, picture(enterprise(1)), key="an-upload-of-mine")
    assert (other.status, other.code) == (422, "idempotency.key_reused")


async def test_a_body_that_is_no_form_is_refused(running: Running) -> None:
    api = await ready(running)
    plain = await api.post("/certification/licence", {"file": "x"})
    assert (plain.status, plain.code) == (415, "core.media_type_unknown")
    headers = {"Content-Type": "multipart/form-data; boundary=frontier"}
    cut = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
    broken = await api.call("POST", "/certification/licence", data=cut, headers=headers)
    assert (broken.status, broken.code) == (422, "core.request_malformed")
    await assert_nothing_kept(running)


async def test_an_upload_without_a_session_is_refused_before_anything_is_kept(
    running: Running,
) -> None:
    answer = await send_licence(running.api(), picture(enterprise()))
    assert (answer.status, answer.code) == (401, "accounts.login_needed")
    await assert_nothing_kept(running)


async def test_a_page_upload_needs_its_token_and_its_origin(running: Running) -> None:
    browser = await sign_up(running)
    await agree_on_page(browser)
    token = browser.cookies["_xsrf"]
    forged = await _upload(browser, token, origin="https://elsewhere.example")
    assert forged.status == 403
    without = await _upload(browser, "", origin=running.url)
    assert without.status == 403
    await assert_nothing_kept(running)
    assert (await _upload(browser, token, origin=running.url)).status == 303


async def test_a_page_that_refuses_a_file_says_why_beside_it(running: Running) -> None:
    browser = await sign_up(running)
    await agree_on_page(browser)
    answer = await browser.upload("/certification/licence", bytes(LIMIT + 1))
    assert answer.status == 422
    assert "文件太大，不能超过 5 MB" in answer.text and 'id="file-error"' in answer.text


async def _upload(browser: PageClient, token: str, *, origin: str):  # type: ignore[no-untyped-def]
    lines = [
        b'--frontier\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n' + token.encode(),
        b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        + picture(enterprise()),
        b"--frontier--\r\n",
    ]
    headers = {"Content-Type": "multipart/form-data; boundary=frontier", "Origin": origin}
    return await browser._send("POST", "/certification/licence", b"\r\n".join(lines), headers)
