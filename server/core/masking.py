"""How personal and company identifiers look when shown.

Masking fails closed: a value of an unexpected length shows nothing at all.
"""

_COMPOUND_SURNAMES = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 "
    "慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 "
    "轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五".split()
)
_SEPARATORS = "·• "


def mask_name(name: str) -> str:
    """The surname and one star a character: 李*, 欧阳**; separators in a name stay: 阿**·***."""
    shown = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1
    if len(name) <= shown:
        return "*" * len(name)
    return name[:shown] + "".join(c if c in _SEPARATORS else "*" for c in name[shown:])


def mask_phone(phone: str) -> str:
    return _ends(phone, head=3, tail=4, length=11)


def mask_id_number(id_number: str) -> str:
    return _ends(id_number, head=6, tail=4, length=18)


def mask_uscc(uscc: str) -> str:
    return _ends(uscc, head=3, tail=4, length=18)


def _ends(text: str, *, head: int, tail: int, length: int) -> str:
    if len(text) != length:
        return "*" * len(text)
    return text[:head] + "*" * (length - head - tail) + text[-tail:]
