"""Looking an enterprise up in the business register: QueryEnterpriseBasicInfo.

Follows https://cloud.tencent.com/document/api/866/140605, which no SDK has a class for. Taken as
billed per answer, so never repeated.
"""

from server.core.clock import Clock
from server.providers.ports.register import RegisterRecord
from server.providers.tencent.answers import (
    Answer,
    AnswerUnreadable,
    day,
    operating_status,
    required_number,
    required_text,
    text,
)
from server.providers.tencent.client import TencentSession

_ACTION = "QueryEnterpriseBasicInfo"
_OK = 0
_NO_RECORD = 2  # as its sister calls say it; this call's page names no values but 0


class TencentEnterpriseRegister:
    def __init__(self, session: TencentSession, *, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def warm(self) -> None:
        await self._session.warm()

    def close(self) -> None:
        self._session.close()

    async def lookup(self, *, uscc: str) -> RegisterRecord | None:
        def read(answer: Answer) -> RegisterRecord | None:
            record = self._record(answer)
            if record is not None and record.uscc != uscc.upper():
                raise AnswerUnreadable
            return record

        return await self._session.call(_ACTION, {"CreditCode": uscc}, read=read)

    async def lookup_by_name(self, *, name: str) -> RegisterRecord | None:
        return await self._session.call(_ACTION, {"EntName": name}, read=self._record)

    def _record(self, answer: Answer) -> RegisterRecord | None:
        status_code = required_number(answer, "StatusCode")
        uscc, name = text(answer, "CreditCode").upper(), text(answer, "EntName")
        if status_code == _NO_RECORD or (status_code == _OK and not uscc and not name):
            return None
        if status_code != _OK or not uscc or not name:
            raise AnswerUnreadable
        return RegisterRecord(
            uscc=uscc,
            name=name,
            legal_rep_name=text(answer, "LrName"),
            operating_status=operating_status(answer),
            operating_status_text=text(answer, "RawOperatingStatus"),
            kind=text(answer, "Type"),
            capital=text(answer, "Capital"),
            address=text(answer, "Address"),
            scope=text(answer, "Business"),
            authority=text(answer, "RegistrationAuthority"),
            industry=text(answer, "Industry"),
            established_on=day(answer, "SetDate"),
            approved_on=day(answer, "ApprovalDate"),
            period=text(answer, "OperatingPeriod"),
            source=self._session.provider,
            fetched_at=self._clock(),
            request_id=required_text(answer, "RequestId"),
        )
