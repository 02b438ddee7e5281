"""What people are told, put together: the inbox, and both channels."""

from server.composition.ground import Ground
from server.messages.address_book import AddressBook, Followers
from server.messages.by_sms import BySms
from server.messages.by_wechat import ByWeChat
from server.messages.delivering import Deliveries
from server.messages.repository import DeliveryRepository, MessageRepository
from server.messages.service import Messages


def assemble_messages(ground: Ground) -> Messages:
    """The inbox."""
    return Messages(
        messages=MessageRepository(ground.database, ground.cipher),
        deliveries=DeliveryRepository(ground.database, ground.cipher),
        clock=ground.clock,
        wechat_kinds=ground.settings.wechat.templates.keys(),
    )


def assemble_deliveries(
    ground: Ground, *, address_book: AddressBook, followers: Followers
) -> Deliveries:
    """WeChat first, then SMS."""
    settings, clock = ground.settings, ground.clock
    deliveries = DeliveryRepository(ground.database, ground.cipher)
    return Deliveries(
        deliveries=deliveries,
        by_wechat=ByWeChat(
            deliveries=deliveries,
            official_account=ground.vendors.official_account,
            address_book=address_book,
            followers=followers,
            clock=clock,
            templates=settings.wechat.templates,
            public_url=settings.server.public_url,
        ),
        by_sms=BySms(
            deliveries=deliveries,
            sms=ground.vendors.sms,
            address_book=address_book,
            clock=clock,
            templates=settings.aliyun.templates.model_dump(),
        ),
        clock=clock,
    )
