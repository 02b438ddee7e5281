"""Sample pictures of business licences, and how the sandbox's OCR reads them.

The truth stands in a QR code inside the picture, so reading is exact and a picture can say what a
real engine would have found odd (a copy, a photographed screen). Without the code there is nothing
to read: a blurred picture is "no licence".
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import qrcode
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sandbox.world import Enterprise, World

SIZE = (1600, 1130)
COPY, RESHOOT, SCOPE_UNREADABLE = -9102, -9104, -9108
MARK = "licence"
QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
NO_FONT = "没有找到中文字体，图上的中文会显示为方框（识别不受影响）。请安装 fonts-noto-cjk。"
_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_FONT_NAMES = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "NotoSerifCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "PingFang.ttc",
    "msyh.ttc",
)
_INK, _RED, _PAPER = (40, 40, 40), (190, 40, 40), (250, 247, 238)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class NotAPicture(Exception):
    """The bytes are no PNG or JPEG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTruth:
    """`fields` are BizLicenseOCR's own names; `warnings` its codes."""

    fields: dict[str, str]
    warnings: tuple[int, ...] = ()


def truth_of(enterprise: Enterprise, *, legal_rep: str | None = None) -> LicenceTruth:
    return LicenceTruth(
        fields={
            "RegNum": enterprise.uscc,
            "Name": enterprise.name,
            "Capital": enterprise.capital,
            "Person": legal_rep or enterprise.legal_rep.name,
            "Address": enterprise.address,
            "Business": enterprise.scope,
            "Type": enterprise.kind,
            "Period": _chinese_period(enterprise.period),
            "ComposingForm": "",
            "SetDate": _chinese_day(enterprise.established_on),
            "RegistrationDate": _chinese_day(enterprise.established_on),
            "RegistrationAuthority": enterprise.authority,
        }
    )


def licence_picture(
    enterprise: Enterprise,
    *,
    legal_rep: str | None = None,
    warnings: Sequence[int] = (),
    blurred: bool = False,
    picture_format: str = "PNG",
) -> bytes:
    """PNG (or JPEG) bytes. `legal_rep` prints another name than the register holds."""
    truth = replace(truth_of(enterprise, legal_rep=legal_rep), warnings=tuple(warnings))
    picture = Image.new("RGB", SIZE, _PAPER)
    _draw_frame(picture)
    _draw_fields(picture, truth)
    if RESHOOT in truth.warnings:
        _draw_screen_lines(picture)
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(14))
    else:
        code = _code(truth)
        picture.paste(code, (SIZE[0] - code.width - 70, 70))
    if COPY in truth.warnings:
        picture = picture.convert("L").convert("RGB")
    out = io.BytesIO()
    picture.save(out, picture_format, **({"quality": 90} if picture_format == "JPEG" else {}))
    return out.getvalue()


def read_licence(image: bytes) -> LicenceTruth | None:
    """What the code says, or None when the picture carries none of ours. Raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(image)) as opened:
            if opened.format not in ("PNG", "JPEG"):
                raise NotAPicture(opened.format)
            picture = opened.convert("L")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise NotAPicture(type(problem).__name__) from problem
    for found in zxingcpp.read_barcodes(picture, formats=QR_CODE):
        try:
            document = json.loads(bytes(found.bytes).decode("utf-8"))
        except ValueError:
            continue
        if isinstance(document, dict) and document.get("is") == MARK:
            return LicenceTruth(fields=document["fields"], warnings=tuple(document["warnings"]))
    return None


def write_pictures(world: World, folder: Path) -> list[Path]:
    """Every enterprise's licence and, of the first, the odd ones a person may run into."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {f"{one.name}.png": licence_picture(one) for one in world.enterprises}
    first = world.enterprises[0]
    other = next(one for one in world.persons if one != first.legal_rep)
    pictures[f"{first.name}-法定代表人不符.png"] = licence_picture(first, legal_rep=other.name)
    pictures[f"{first.name}-复印件.png"] = licence_picture(first, warnings=(COPY,))
    pictures[f"{first.name}-翻拍.png"] = licence_picture(first, warnings=(RESHOOT,))
    pictures[f"{first.name}-模糊.png"] = licence_picture(first, blurred=True)
    written = []
    for name, content in pictures.items():
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


@lru_cache(maxsize=1)
def cjk_font() -> Path | None:
    found: dict[str, Path] = {}
    for folder in _FONT_FOLDERS:
        root = Path(folder).expanduser()
        if root.is_dir():
            for path in root.rglob("*"):
                found.setdefault(path.name, path)
    return next((found[name] for name in _FONT_NAMES if name in found), None)


@lru_cache(maxsize=8)
def _font(size: int) -> Font:
    path = cjk_font()
    if path is None:
        return ImageFont.load_default(size)
    # In Noto's collections the third face is Simplified Chinese.
    index = 2 if path.name.startswith("Noto") and path.suffix == ".ttc" else 0
    return ImageFont.truetype(str(path), size, index=index)


def _code(truth: LicenceTruth) -> Image.Image:
    document = {"is": MARK, "fields": truth.fields, "warnings": list(truth.warnings)}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, box_size=6, border=3)
    code.add_data(text.encode("utf-8"))
    code.make(fit=True)
    out = io.BytesIO()
    code.make_image().save(out)
    return Image.open(out).convert("RGB")


def _draw_frame(picture: Image.Image) -> None:
    pen = ImageDraw.Draw(picture)
    pen.rectangle((24, 24, SIZE[0] - 24, SIZE[1] - 24), outline=(176, 141, 87), width=10)
    pen.rectangle((42, 42, SIZE[0] - 42, SIZE[1] - 42), outline=(176, 141, 87), width=2)
    pen.text((SIZE[0] // 2 - 90, 120), "营 业 执 照", font=_font(92), fill=_INK, anchor="mt")
    pen.text((SIZE[0] // 2 - 90, 240), "（副  本）", font=_font(40), fill=_INK, anchor="mt")
    sample = "样张 · 仅供演示 · 非真实证照"
    pen.text((SIZE[0] // 2, SIZE[1] - 78), sample, font=_font(30), fill=_RED, anchor="mt")


def _draw_fields(picture: Image.Image, truth: LicenceTruth) -> None:
    pen = ImageDraw.Draw(picture)
    fields = truth.fields
    pen.text((80, 84), "统一社会信用代码", font=_font(26), fill=_INK)
    pen.text((80, 122), fields["RegNum"], font=_font(34), fill=_INK)
    rows = (
        ("名    称", "Name"),
        ("类    型", "Type"),
        ("法定代表人", "Person"),
        ("注册资本", "Capital"),
        ("成立日期", "SetDate"),
        ("营业期限", "Period"),
        ("住    所", "Address"),
        ("经营范围", "Business"),
    )
    top = 350
    for label, key in rows:
        pen.text((90, top), label, font=_font(30), fill=(130, 105, 60))
        for line in _lines(fields[key], 26):
            pen.text((300, top), line, font=_font(32), fill=_INK)
            top += 46
        top += 18
    pen.text((1130, 860), "登记机关", font=_font(30), fill=(130, 105, 60))
    pen.text((1130, 910), fields["RegistrationAuthority"], font=_font(28), fill=_INK)
    pen.ellipse((1230, 780, 1450, 1000), outline=_RED, width=6)


def _draw_screen_lines(picture: Image.Image) -> None:
    pen = ImageDraw.Draw(picture)
    for left in range(-SIZE[1], SIZE[0], 14):
        pen.line((left, 0, left + SIZE[1], SIZE[1]), fill=(205, 210, 225), width=1)


def _lines(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)] or [""]


def _chinese_day(day: date) -> str:
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def _chinese_period(period: str) -> str:
    began, _, until = (part.strip() for part in period.partition("至"))
    day = _chinese_day(date.fromisoformat(began))
    end = until if until == "长期" else _chinese_day(date.fromisoformat(until))
    return f"{day}至{end}"
