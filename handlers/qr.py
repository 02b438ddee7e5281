"""QR codes as inline SVG, drawn here so that no address ever travels to somebody who draws them."""

import re

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

_SIZE = re.compile(r' (?:width|height)="[^"]*"')


def qr_svg(text: str) -> str:
    """Markup that scales with its box; nothing in it comes from outside."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=2)
    code.add_data(text)
    image = code.make_image(image_factory=SvgPathImage)
    svg: str = image.to_string(encoding="unicode")
    head, _, rest = svg.partition(">")
    return f"{_SIZE.sub('', head)}>{rest}"
