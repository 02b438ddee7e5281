"""Forms: pydantic models of what comes in, the same for JSON and pages.

Input is forgiving (spaces, full-width, +86) and is normalised before it is judged; what
can't be right gives a sentence per field. The field's ``title`` is its Chinese label.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from server.core.errors import FieldsInvalid
from server.core.money import bp_from_percent, fen_from_wan
from server.core.phones import normalise_phone


class Form(BaseModel):
    """Base of all forms: unknown fields are refused, text is stripped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Read = TypeVar("Read", bound=Form)


def wrong(sentence: str) -> PydanticCustomError:
    """What a validator raises: a sentence for the person."""
    return PydanticCustomError("sentence", sentence)


def _phone(text: str) -> str:
    try:
        return normalise_phone(text)
    except ValueError:
        raise wrong("请输入 11 位手机号码") from None


def _code(text: str) -> str:
    digits = "".join(text.split())
    if not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        raise wrong("请输入短信中的 6 位数字验证码")
    return digits


def _fen(value: Any) -> int:
    try:
        return fen_from_wan(value if isinstance(value, Decimal) else str(value).strip())
    except ValueError:
        raise wrong("请输入金额（万元），最多 6 位小数") from None


def _bp(value: Any) -> int:
    try:
        return bp_from_percent(value if isinstance(value, Decimal) else str(value).strip())
    except ValueError:
        raise wrong("请输入年化利率（%），最多 2 位小数") from None


Phone = Annotated[str, Field(title="手机号", max_length=32), AfterValidator(_phone)]
SmsCode = Annotated[str, Field(title="短信验证码", max_length=16), AfterValidator(_code)]
FenFromWan = Annotated[int, Field(title="金额"), BeforeValidator(_fen)]
BpFromPercent = Annotated[int, Field(title="年化利率"), BeforeValidator(_bp)]
Id = Annotated[str, Field(pattern=r"^[0-9a-z]{26}$")]


def read_form(kind: type[Read], values: Any) -> Read:
    """The form, or FieldsInvalid with a sentence for each field at fault."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise FieldsInvalid(_sentences(kind, found)) from None


def arguments(values: Mapping[str, list[bytes]], kind: type[Form]) -> dict[str, Any]:
    """A browser's form: single values as text, lists where the field is one; '' is not given."""
    result: dict[str, Any] = {}
    for name, items in values.items():
        try:
            texts = [item.decode("utf-8") for item in items]
        except UnicodeDecodeError:
            raise FieldsInvalid({name: "内容的编码有误，请重新填写"}) from None
        field = kind.model_fields.get(name)
        if field is not None and str(field.annotation).startswith(("tuple", "list")):
            result[name] = texts
        elif texts[-1].strip():
            result[name] = texts[-1]
    return result


def _sentences(kind: type[Form], found: list[ErrorDetails]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for finding in found:
        name = str(finding["loc"][0]) if finding["loc"] else ""
        field = kind.model_fields.get(name)
        label = (field.title if field is not None else None) or name
        problems.setdefault(name, _sentence(finding, label))
    return problems


def _sentence(finding: ErrorDetails, label: str) -> str:
    context = finding.get("ctx") or {}
    match finding["type"]:
        case "missing" | "string_too_short":
            return f"请填写{label}"
        case "string_too_long":
            return f"{label}最多 {context['max_length']} 个字"
        case "extra_forbidden":
            return f"不认识的字段：{label}"
        case "literal_error" | "enum":
            return f"请选择{label}"
        case "greater_than_equal" | "greater_than":
            return f"{label}太小，不能低于 {context.get('ge', context.get('gt'))}"
        case "less_than_equal" | "less_than":
            return f"{label}太大，不能超过 {context.get('le', context.get('lt'))}"
        case "sentence":
            return finding["msg"]
        case _:
            return f"{label}填写有误，请检查后重新填写"


def must_be_complete(form: Form, required: Collection[str]) -> None:
    """Refuse unless the optional fields that the configuration asks for are there."""
    problems = {
        name: f"请填写{type(form).model_fields[name].title}"
        for name in required
        if not getattr(form, name)
    }
    if problems:
        raise FieldsInvalid(problems)
