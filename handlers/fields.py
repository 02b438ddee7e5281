"""Form fields as Tornado UI modules: one label, control, hint and error each.

Apart from widgets.py because every form is made of these and they share one shape
(templates/components/field_end.html). docs/looks.md lists them all with examples.
"""

from collections.abc import Sequence

from tornado.web import UIModule

Value = str | int | None | Sequence[str]
Options = Sequence[tuple[str, str]]


def first(value: Value) -> str:
    """What stands in a control: `typed` gives lists, entities give single values."""
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    return value[0] if value else ""


def chosen(value: Value) -> frozenset[str]:
    """The values that are ticked."""
    if value is None or value == "":
        return frozenset()
    return frozenset({str(value)}) if isinstance(value, str | int) else frozenset(value)


def described(name: str, error: str | None, hint: str) -> str:
    """The ids for aria-describedby."""
    return " ".join([f"{name}-error"] * bool(error) + [f"{name}-hint"] * bool(hint))


class TextField(UIModule):
    """One line. `kind` is the input's type; a password's value is never shown again."""

    def render(
        self,
        name: str,
        label: str,
        value: Value = "",
        error: str | None = None,
        *,
        required: bool = False,
        hint: str = "",
        suffix: str = "",
        kind: str = "text",
        autocomplete: str = "off",
        inputmode: str = "",
        maxlength: int | None = None,
        placeholder: str = "",
        readonly: bool = False,
        full: bool = False,
        low: str = "",
        high: str = "",
    ) -> bytes:
        return self.render_string(
            "components/text_field.html",
            name=name,
            label=label,
            value="" if kind == "password" else first(value),
            error=error,
            required=required,
            hint=hint,
            suffix=suffix,
            kind=kind,
            autocomplete=autocomplete,
            inputmode=inputmode,
            maxlength=maxlength,
            placeholder=placeholder,
            readonly=readonly,
            full=full,
            low=low,
            high=high,
            described=described(name, error, hint),
        )


class TextAreaField(UIModule):
    """Several lines with a counter."""

    def render(
        self,
        name: str,
        label: str,
        value: Value = "",
        error: str | None = None,
        *,
        required: bool = False,
        hint: str = "",
        rows: int = 3,
        maxlength: int = 200,
        placeholder: str = "",
        full: bool = True,
    ) -> bytes:
        return self.render_string(
            "components/text_area_field.html",
            name=name,
            label=label,
            value=first(value),
            error=error,
            required=required,
            hint=hint,
            rows=rows,
            maxlength=maxlength,
            placeholder=placeholder,
            full=full,
            described=described(name, error, hint),
        )


class SelectField(UIModule):
    """One of many. `blank` is the first, empty choice; "" leaves it out."""

    def render(
        self,
        name: str,
        label: str,
        options: Options,
        value: Value = "",
        error: str | None = None,
        *,
        required: bool = False,
        hint: str = "",
        blank: str = "请选择",
        full: bool = False,
    ) -> bytes:
        return self.render_string(
            "components/select_field.html",
            name=name,
            label=label,
            options=options,
            value=first(value),
            error=error,
            required=required,
            hint=hint,
            blank=blank,
            full=full,
            described=described(name, error, hint),
        )


class RadioField(UIModule):
    """One of few, or with `several` any of few."""

    def render(
        self,
        name: str,
        label: str,
        options: Options,
        value: Value = "",
        error: str | None = None,
        *,
        required: bool = False,
        hint: str = "",
        several: bool = False,
        full: bool = False,
    ) -> bytes:
        return self.render_string(
            "components/radio_field.html",
            name=name,
            label=label,
            options=options,
            chosen=chosen(value),
            error=error,
            required=required,
            hint=hint,
            several=several,
            full=full,
            described=described(name, error, hint),
        )


class CheckField(UIModule):
    """A tick with a sentence; `links` (address, title) follow it as 《title》."""

    def render(
        self,
        name: str,
        label: str,
        links: Sequence[tuple[str, str]] = (),
        error: str | None = None,
        *,
        value: str = "true",
        ticked: bool = False,
        required: bool = True,
        after: str = "",
    ) -> bytes:
        return self.render_string(
            "components/check_field.html",
            name=name,
            label=label,
            links=links,
            error=error,
            value=value,
            ticked=ticked,
            required=required,
            after=after,
            described=described(name, error, ""),
        )


class UploadField(UIModule):
    """A file with preview. `current` is (address or "", file name) of what is stored already."""

    def render(
        self,
        name: str,
        label: str,
        error: str | None = None,
        *,
        accept: str = "image/jpeg,image/png,image/bmp,application/pdf",
        formats: str = "支持 JPG、PNG、BMP、PDF",
        max_bytes: int = 5 * 1024 * 1024,
        hint: str = "",
        current: tuple[str, str] | None = None,
        required: bool = False,
        picture: str = "upload",
    ) -> bytes:
        return self.render_string(
            "components/upload_field.html",
            name=name,
            label=label,
            error=error,
            accept=accept,
            formats=formats,
            max_bytes=max_bytes,
            hint=hint,
            current=current,
            required=required,
            picture=picture,
            described=described(name, error, "formats"),
        )


class RegionField(UIModule):
    """Province, city, county over one 6-digit code (GB/T 2260)."""

    def render(
        self,
        name: str,
        label: str = "注册地区",
        value: Value = "",
        error: str | None = None,
        *,
        required: bool = False,
        full: bool = True,
    ) -> bytes:
        return self.render_string(
            "components/region_field.html",
            name=name,
            label=label,
            value=first(value),
            error=error,
            required=required,
            full=full,
            described=described(name, error, ""),
        )


class SmsCodeField(UIModule):
    """The code and the button that asks for it: POST to `url` with the named fields `send` of the form.

    The answer is JSON: {"resend_seconds": 60}, or the shape of a refusal.
    """

    def render(
        self,
        name: str,
        url: str,
        *,
        send: Sequence[str] = ("phone",),
        label: str = "短信验证码",
        error: str | None = None,
        hint: str = "",
    ) -> bytes:
        return self.render_string(
            "components/sms_code_field.html",
            name=name,
            url=url,
            send=",".join(send),
            label=label,
            error=error,
            hint=hint,
            described=described(name, error, hint),
        )


FIELDS: dict[str, type[UIModule]] = {
    module.__name__: module
    for module in (
        TextField, TextAreaField, SelectField, RadioField, CheckField, UploadField, RegionField,
        SmsCodeField,
    )
}  # fmt: skip
