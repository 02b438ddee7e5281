"""What carriers report afterwards: Aliyun's SmsReport, pushed to an address with a secret in it.

https://help.aliyun.com/document_detail/101867.html. The push is not signed and comes again when
it is not answered with 200, so what it says is noted and decides nothing.
"""

from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from handlers.access import Scheme, partner
from handlers.api.base import ApiHandler
from handlers.errors import BodyTooLarge, RequestMalformed
from server.core.actor import Surface
from server.messages.delivery import Receipt

LARGEST_BODY = 256 * 1024
RECEIVED = {"code": 0, "msg": "接收成功"}


class SmsReport(BaseModel):
    """One message's report; the phone number in it is not looked at."""

    model_config = ConfigDict(extra="ignore", strict=True)

    out_id: Annotated[str, Field(max_length=64)] = ""
    success: bool
    err_code: Annotated[str, Field(max_length=64)] = ""

    def receipt(self) -> Receipt:
        """What is noted of it."""
        code = "".join(c for c in self.err_code if c.isascii() and (c.isalnum() or c in "._:-"))
        return Receipt(delivery_id=self.out_id, is_delivered=self.success, code=code)


_REPORTS = TypeAdapter(Annotated[list[SmsReport], Field(max_length=1000)])


class SmsReceipts(ApiHandler):
    """The secret is judged by the access mark; a wrong one is an address that does not exist."""

    surface = Surface.SYSTEM

    @partner(Scheme.SMS_RECEIPT)
    async def post(self, _secret: str) -> None:
        if len(self.request.body) > LARGEST_BODY:
            raise BodyTooLarge()
        try:
            reports = _REPORTS.validate_json(self.request.body)
        except ValidationError:
            raise RequestMalformed() from None
        await self.services.deliveries.take_receipts([report.receipt() for report in reports])
        self.set_header("Content-Type", "application/json")
        self.write(orjson.dumps(RECEIVED))
