"""企业认证 for people: one step a page, resuming where the person left."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from handlers.access import signed_in
from handlers.enterprise_forms import PageProfileForm
from handlers.forms import Form
from handlers.once import once
from handlers.pages import PageHandler
from handlers.regions import region_names
from handlers.uploads import UploadPage
from server.consents.consent import ConsentKind
from server.core.errors import Refusal
from server.core.ids import new_id
from server.core.masking import mask_uscc
from server.core.money import wan
from server.enterprises.certification import Certification, CertificationState, Step
from server.enterprises.profile import INDUSTRIES, LABELS, REGISTRATION_STATUSES
from server.enterprises.register_facts import prefilled
from server.enterprises.rounds import shown
from server.files.stored_file import FileNotFound

HOME = "/certification"
PROFILE = f"{HOME}/profile"
STEP_NUMBERS = {Step.AGREEMENT: 0, Step.LICENCE: 1, Step.PROFILE: 1, Step.FACE: 2}
ALL_DONE = 4
GO_ON = {
    Step.LICENCE: PROFILE,
    Step.PROFILE: PROFILE,
    Step.FACE: f"{HOME}/face",
    Step.SUBMIT: f"{HOME}/submit",
}
_TOLD = {"enterprise_name": "name", "registered_address": "registered_address"}
_TOLD |= {"uscc": "uscc", "legal_rep_name": "legal_rep_name"}


class AgreementForm(Form):
    """Read to the end (a flag of the script, or a tick without one), and for how long."""

    version: Annotated[str, Field(title="版本", max_length=10)]
    read_to_end: Annotated[str, Field(title="阅读至末尾", max_length=1)] = ""
    seconds: Annotated[int, Field(title="阅读秒数", ge=0, le=86_400)] = 0


class LookUpForm(Form):
    """Only the code is looked at; everything else typed is shown again."""

    uscc: Annotated[str, Field(title="统一社会信用代码", min_length=1, max_length=40)]


class CertificationPage(PageHandler):
    """What every step shares."""

    async def own(self) -> Certification | None:
        return await self.services.certifications.find_own(self.actor)

    async def show_step(
        self, template: str, step: Step | None, refusal: Refusal | None = None, **values: object
    ) -> None:
        """``step``: the one that is lit; None when all of them are done."""
        await self.show(
            f"portal/certification/{template}.html",
            refusal,
            step=STEP_NUMBERS.get(step, 3) if step else ALL_DONE,
            **values,
        )


class Overview(CertificationPage):
    """Where the case stands; the agreement when there is none yet."""

    @signed_in
    async def get(self) -> None:
        case = await self.own()
        if case is None or case.step is Step.AGREEMENT:
            await self._show_agreement()
        elif case.state in (CertificationState.FILLING, CertificationState.FACING):
            self.go(GO_ON[case.step])
        else:
            await self._show_state(case)

    @signed_in
    @once
    async def post(self) -> None:
        async with self.keeping(self._show_agreement):
            form = self.read(AgreementForm)
            await self.services.certifications.agree(
                self.actor,
                version=form.version,
                read_to_end=form.read_to_end == "1",
                read_seconds=form.seconds,
            )
            self.go(PROFILE)

    async def _show_agreement(self, refusal: Refusal | None = None) -> None:
        consents = self.services.consents
        await self.show_step(
            "agreement",
            Step.AGREEMENT,
            refusal,
            version=consents.version(ConsentKind.CERTIFICATION),
            read_seconds=consents.read_seconds(ConsentKind.CERTIFICATION),
        )

    async def _show_state(self, case: Certification) -> None:
        decision = case.decision
        last = case.submissions[-1].profile
        await self.show_step(
            "submitted",
            None if case.state is CertificationState.APPROVED else Step.REVIEW,
            state=case.state.value,
            enterprise_name=last.name,
            uscc=mask_uscc(last.uscc),
            submitted_at=case.submitted_at,
            due_at=case.due_at,
            reason=decision.reason if decision else "",
            news=f"?at=review&since={case.version}",
        )


class Profile(CertificationPage):
    """Licence and profile: saved, then the four factors are compared."""

    @signed_in
    async def get(self) -> None:
        case = await self.own()
        if case is None or case.step in (Step.AGREEMENT, Step.REVIEW, Step.DONE):
            self.go(HOME)
        else:
            await show_profile(self)

    @signed_in
    @once
    async def post(self) -> None:
        async with self.keeping(lambda refusal: show_profile(self, refusal)):
            form = self.read(PageProfileForm)
            await self.services.certifications.save_profile(self.actor, form.profile())
            self.go(HOME)


class LookUp(CertificationPage):
    """企业检索: fills what is empty and leaves what was typed."""

    @signed_in
    async def post(self) -> None:
        async with self.keeping(lambda refusal: show_profile(self, refusal)):
            form = self.read(LookUpForm, only_known=True)
            facts = await self.services.certifications.look_up(self.actor, form.uscc)
            typed = {name: texts[-1] for name, texts in self.typed().items() if texts[-1].strip()}
            values = _shown_capital(facts.values) | typed
            said = "已按登记信息补充空白项，请核对。"
            await show_profile(self, values=values, typed={}, said=said)


class Licence(CertificationPage, UploadPage):
    """The picture: shown to its owner, replaced by another."""

    @signed_in
    async def get(self) -> None:
        picture = await self.services.certifications.licence_picture(self.actor)
        self.set_header("Content-Type", "image/jpeg")
        self.write(picture)

    @signed_in
    async def post(self) -> None:
        async with self.keeping(lambda refusal: show_profile(self, refusal)):
            upload = self.received()
            await self.services.certifications.put_licence(
                self.actor, data=upload.data, label=upload.label, file_id=new_id()
            )
            self.go(PROFILE)


class LicenceRemoval(CertificationPage):
    """A wrong picture goes."""

    @signed_in
    async def post(self) -> None:
        await self.services.certifications.remove_licence(self.actor)
        self.go(PROFILE)


class LicenceReading(CertificationPage):
    """OCR once more, as after an outage."""

    @signed_in
    async def post(self) -> None:
        async with self.keeping(lambda refusal: show_profile(self, refusal)):
            await self.services.certifications.read_licence_again(self.actor)
            self.go(PROFILE)


class Submission(CertificationPage):
    """Everything once more, and off to the reviewers."""

    @signed_in
    async def get(self) -> None:
        case = await self.own()
        if case is None or case.step is not Step.SUBMIT:
            self.go(HOME)
        else:
            await self._show()

    @signed_in
    @once
    async def post(self) -> None:
        async with self.keeping(self._show):
            await self.services.certifications.submit(self.actor)
            self.go(HOME)

    async def _show(self, refusal: Refusal | None = None) -> None:
        case = await self.services.certifications.get_own(self.actor)
        texts = case.profile.texts() if case.profile else {}
        texts["region_code"] = self._region(texts.get("region_code", ""))
        pairs = [(LABELS[n], _words(n, texts[n])) for n in LABELS if texts.get(n)]
        await self.show_step("submit", Step.SUBMIT, refusal, pairs=pairs, wide=("经营范围",))

    def _region(self, code: str) -> str:
        """Province, city and county as people call them."""
        platform = self.application.configuration.platform
        levels = [level for level in (f"{code[:2]}0000", f"{code[:4]}00", code) if code]
        own = {platform.region_code: platform.city}
        return "".join(region_names(levels, self.application.assets, own))


async def show_profile(
    page: CertificationPage,
    refusal: Refusal | None = None,
    values: Mapping[str, str] | None = None,
    **more: object,
) -> None:
    """The licence and the form, with what was typed, saved, read or looked up, in this order."""
    case = await page.services.certifications.get_own(page.actor)
    if values is None:
        account = await page.services.accounts.get(page.actor.account_id)
        told = {ours: account.prefill.get(theirs, "") for theirs, ours in _TOLD.items()}
        values = told | _shown_capital(prefilled(case.profile, case.licence, case.register))
    await page.show_step(
        "profile",
        Step.PROFILE,
        refusal,
        values=values,
        licence=await _picture(page, case),
        picture_said=frozenset(case.licence.values) if case.licence else frozenset(),
        uscc_fixed=case.licence.fixed_uscc if case.licence else None,
        warnings=case.licence.warning_sentences if case.licence else (),
        reason=case.decision.reason if case.decision else "",
        statuses=tuple((key.value, word) for key, word in REGISTRATION_STATUSES.items()),
        industries=tuple(INDUSTRIES.items()),
        max_bytes=page.application.configuration.certification.upload_max_bytes,
        **{"said": "", **more},
    )


async def _picture(page: CertificationPage, case: Certification) -> tuple[str, str] | None:
    """Address and name of the picture that is there."""
    if case.licence_file_id is None:
        return None
    try:
        file = await page.services.files.get(case.licence_file_id)
    except FileNotFound:
        return None
    return f"{HOME}/licence?v={file.id}", file.label or "营业执照"


def _shown_capital(values: Mapping[str, str]) -> dict[str, str]:
    """The capital in 万元, as the form has it."""
    shown_values = {n: v for n, v in values.items() if n != "registered_capital_fen"}
    fen = values.get("registered_capital_fen")
    return shown_values | ({"registered_capital": wan(int(fen))} if fen else {})


def _words(name: str, value: str) -> str:
    """A field as people read it, persons masked."""
    match name:
        case "registered_capital_fen":
            return f"{wan(int(value))} 万元"
        case "industry_code":
            return INDUSTRIES.get(value, value)
        case "registration_status":
            return {key.value: word for key, word in REGISTRATION_STATUSES.items()}[value]
        case "uscc":
            return mask_uscc(value)
        case _:
            return shown(name, value)
