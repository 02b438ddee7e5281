"""Four factors of an enterprise: VerifyBizLicenseEnterprise4, successor of
VerifyEnterpriseFourFactors.

Follows https://cloud.tencent.com/document/api/866/129072. Billed per answer, so never repeated.
The vendor refreshes its data weekly and warns of rare wrong results, so a mismatch must leave a
way to a person's review.
"""

from server.providers.ports.four_factors import (
    FourFactorField,
    FourFactorOutcome,
    FourFactorResult,
)
from server.providers.ports.register import OperatingStatus
from server.providers.ports.unavailable import ProviderUnavailable
from server.providers.tencent.answers import (
    Answer,
    AnswerUnreadable,
    operating_status,
    required_number,
    required_text,
)
from server.providers.tencent.client import TencentSession

_OK = 0
_SYSTEM_ERROR = 1
_NO_RECORD = 2  # as the vendor's three-factor call says it; the four-factor page lists 0 and 1 only
_FLAGS = {
    "IsCreditCodeConsistent": FourFactorField.USCC,
    "IsEntNameConsistent": FourFactorField.ENTERPRISE_NAME,
    "IsLrNameConsistent": FourFactorField.LEGAL_REP_NAME,
    "IsIdNumConsistent": FourFactorField.LEGAL_REP_ID_NUMBER,
}


class TencentFourFactorCheck:
    def __init__(self, session: TencentSession) -> None:
        self._session = session

    async def warm(self) -> None:
        await self._session.warm()

    def close(self) -> None:
        self._session.close()

    async def check(
        self, *, uscc: str, enterprise_name: str, legal_rep_name: str, legal_rep_id_number: str
    ) -> FourFactorResult:
        try:
            return await self._session.call(
                "VerifyBizLicenseEnterprise4",
                {
                    "CreditCode": uscc,
                    "EntName": enterprise_name,
                    "LrName": legal_rep_name,
                    "IdNum": legal_rep_id_number,
                },
                read=_result,
            )
        except ProviderUnavailable:
            return FourFactorResult(
                outcome=FourFactorOutcome.PROVIDER_DOWN,
                mismatched=(),
                operating_status=OperatingStatus.UNKNOWN,
                request_id="",
            )


def _result(answer: Answer) -> FourFactorResult:
    status_code = required_number(answer, "StatusCode")
    status = operating_status(answer)
    mismatched: tuple[FourFactorField, ...] = ()
    if status_code == _SYSTEM_ERROR:
        outcome = FourFactorOutcome.PROVIDER_DOWN
    elif status_code == _NO_RECORD:
        outcome = FourFactorOutcome.NOT_SYNCED
    elif status_code == _OK:
        outcome, mismatched = _judge(answer, status)
    else:
        raise AnswerUnreadable
    return FourFactorResult(
        outcome=outcome,
        mismatched=mismatched,
        operating_status=status,
        request_id=required_text(answer, "RequestId"),
    )


def _judge(
    answer: Answer, status: OperatingStatus
) -> tuple[FourFactorOutcome, tuple[FourFactorField, ...]]:
    """A match needs the verdict and all four flags.

    Neither code nor name found, and no status, is what the vendor says of a firm it does not hold.
    """
    verdict = required_number(answer, "VerifyResult")
    flags = {field: answer.get(name) for name, field in _FLAGS.items()}
    if verdict not in (0, 1) or not all(isinstance(flag, bool) for flag in flags.values()):
        raise AnswerUnreadable
    mismatched = tuple(field for field, flag in flags.items() if flag is False)
    if verdict == 1 and not mismatched:
        return FourFactorOutcome.MATCH, ()
    if not mismatched:
        raise AnswerUnreadable
    found_neither = {FourFactorField.USCC, FourFactorField.ENTERPRISE_NAME} <= set(mismatched)
    if found_neither and status is OperatingStatus.UNKNOWN:
        return FourFactorOutcome.NOT_SYNCED, ()
    return FourFactorOutcome.MISMATCH, mismatched
