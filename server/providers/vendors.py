"""The vendors' clients, built from their slice of the settings: one of each a process."""

import asyncio
from dataclasses import dataclass

from server.config.settings import Aliyun, Tencent, WeChat
from server.core.clock import Clock
from server.providers.aliyun.client import AliyunAccess
from server.providers.aliyun.sms import AliyunSmsGateway
from server.providers.ports.face import FaceCheck
from server.providers.ports.four_factors import FourFactorCheck
from server.providers.ports.licence import LicenceReader
from server.providers.ports.register import EnterpriseRegister
from server.providers.ports.sms import SmsGateway
from server.providers.ports.wechat import LeasedToken, OfficialAccount
from server.providers.tencent.client import Product, TencentAccess, TencentSession
from server.providers.tencent.face import TencentFaceCheck
from server.providers.tencent.four_factors import TencentFourFactorCheck
from server.providers.tencent.licence import TencentLicenceReader
from server.providers.tencent.register import TencentEnterpriseRegister
from server.providers.wechat.account import WeChatOfficialAccount
from server.providers.wechat.calls import WeChatAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """Who answers behind each port."""

    face: FaceCheck
    four_factors: FourFactorCheck
    licence: LicenceReader
    register: EnterpriseRegister
    sms: SmsGateway
    official_account: OfficialAccount

    async def warm(self) -> None:
        """Import the SDKs in threads, so that no request waits for it."""
        await asyncio.gather(
            self.face.warm(), self.licence.warm(), self.sms.warm(), self.official_account.warm()
        )

    async def aclose(self) -> None:
        """Let threads and connections end; calls under way are not waited for."""
        for vendor in (self.face, self.four_factors, self.licence, self.register, self.sms):
            vendor.close()
        await self.official_account.aclose()


def open_vendors(
    *, tencent: Tencent, aliyun: Aliyun, official_account: OfficialAccount, clock: Clock
) -> Vendors:
    """Build the clients; nothing is imported or sent yet."""
    deadline = tencent.connect_seconds + tencent.read_seconds
    access = TencentAccess(
        secret_id=tencent.secret_id.get_secret_value(),
        secret_key=tencent.secret_key.get_secret_value(),
        protocol=tencent.protocol,
        endpoint=tencent.endpoint,
        connect_timeout_seconds=tencent.connect_seconds,
        read_timeout_seconds=tencent.read_seconds,
    )
    faceid = TencentSession(
        access, product=Product.FACEID, workers=tencent.face_workers, deadline_seconds=deadline
    )
    ocr = TencentSession(
        access, product=Product.OCR, workers=tencent.ocr_workers, deadline_seconds=deadline
    )
    return Vendors(
        face=TencentFaceCheck(faceid, merchant_id=tencent.eid_merchant_id),
        four_factors=TencentFourFactorCheck(ocr),
        licence=TencentLicenceReader(ocr),
        register=TencentEnterpriseRegister(ocr, clock=clock),
        sms=_sms(aliyun),
        official_account=official_account,
    )


def open_official_account(
    wechat: WeChat, *, token: LeasedToken, ticket: LeasedToken
) -> WeChatOfficialAccount:
    """The client of the official account; token and ticket are shared by all processes."""
    return WeChatOfficialAccount(
        WeChatAccess(
            app_id=wechat.official_account.app_id,
            secret=wechat.official_account.secret.get_secret_value(),
            api_origin=wechat.api_origin,
            authorize_origin=wechat.authorize_origin,
            connect_seconds=wechat.connect_seconds,
            read_seconds=wechat.read_seconds,
        ),
        token=token,
        ticket=ticket,
    )


def _sms(aliyun: Aliyun) -> AliyunSmsGateway:
    return AliyunSmsGateway(
        AliyunAccess(
            access_key_id=aliyun.access_key_id.get_secret_value(),
            access_key_secret=aliyun.access_key_secret.get_secret_value(),
            protocol=aliyun.protocol,
            domain=aliyun.domain,
            port=aliyun.port,
            connect_timeout_seconds=aliyun.connect_seconds,
            read_timeout_seconds=aliyun.read_seconds,
        ),
        sign_name=aliyun.sign_name,
        workers=aliyun.workers,
        deadline_seconds=aliyun.connect_seconds + aliyun.read_seconds,
    )
