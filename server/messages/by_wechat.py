"""One step of a delivery by the official account, until WeChat tells how it finished or SMS goes on.

WeChat sends only one of the calls with the same openid and client_msg_id within ten minutes, so a
call that may have left is simply made again in that time, and its answer names the message. After
that nobody can tell: SMS goes on, and the person may have both.
"""

from collections.abc import Mapping

from server.core.clock import Clock
from server.messages.address_book import AddressBook, Followers
from server.messages.delivery import Delivery
from server.messages.delivery_states import DeliveryState, Finish, Problem
from server.messages.moving import move
from server.messages.repository import DeliveryRepository
from server.providers.ports.unavailable import ProviderAmbiguous, ProviderUnavailable
from server.providers.ports.wechat import OfficialAccount, WeChatRefusal, WeChatRefused

_PROBLEMS = {
    WeChatRefusal.FOLLOWER: Problem.NOT_FOLLOWING,
    WeChatRefusal.CONTENT: Problem.CONTENT,
    WeChatRefusal.ACCOUNT: Problem.ACCOUNT,
    WeChatRefusal.OTHER: Problem.REFUSED,
}


class ByWeChat:
    """``templates``: the account's template id by kind of message. ``public_url``: our origin."""

    def __init__(
        self,
        *,
        deliveries: DeliveryRepository,
        official_account: OfficialAccount,
        address_book: AddressBook,
        followers: Followers,
        clock: Clock,
        templates: Mapping[str, str],
        public_url: str,
    ) -> None:
        self._deliveries = deliveries
        self._official_account = official_account
        self._address_book = address_book
        self._followers = followers
        self._clock = clock
        self._templates = templates
        self._public_url = public_url.rstrip("/")

    async def step(self, delivery: Delivery) -> Delivery | None:
        """As it was left, by SMS perhaps; None when another process has it."""
        if delivery.state is DeliveryState.SENT:
            return await self._overdue(delivery)
        now = self._clock()
        if not delivery.is_repeatable(now):
            return await self._fall_back(delivery, delivery.problem or Problem.UNANSWERED)
        if await self._address_book.phone_of(delivery.account_id) is None:
            return await move(self._deliveries, delivery, delivery.failed(Problem.NO_PHONE, now))
        openid = await self._followers.openid_of(delivery.account_id)
        is_another = delivery.may_have_left and openid != delivery.address
        if openid is None or is_another:
            return await self._fall_back(delivery, Problem.NOT_FOLLOWING)
        if delivery.kind not in self._templates:
            return await self._fall_back(delivery, Problem.CONTENT)
        return await self._send(delivery, openid)

    async def take_finish(self, msg_id: str, finish: Finish) -> bool:
        """Note how a message ended; False when no delivery is known by this id (yet)."""
        while (delivery := await self._deliveries.find_by_msg_id(msg_id)) is not None:
            if delivery.finish is not None:
                return True
            finished = delivery.finished(finish, self._clock())
            if await move(self._deliveries, delivery, finished) is not None:
                return True
        return False

    async def _send(self, delivery: Delivery, openid: str) -> Delivery | None:
        now = self._clock()
        marked = await move(self._deliveries, delivery, delivery.sending(address=openid, now=now))
        if marked is None:
            return None
        if not marked.is_held(self._clock()):
            held_up = marked.again(Problem.UNAVAILABLE, self._clock(), may_have_left=False)
            return await move(self._deliveries, marked, held_up)
        moved = await move(self._deliveries, marked, await self._called(marked, openid))
        if moved is not None and moved.msg_id is not None:
            return await self._with_early_finish(moved, moved.msg_id)
        return moved

    async def _called(self, marked: Delivery, openid: str) -> Delivery:
        """The delivery as WeChat's answer leaves it."""
        assert marked.card is not None
        try:
            msg_id = await self._official_account.send_template(
                openid=openid,
                template_id=self._templates[marked.kind],
                url=self._public_url + marked.card.link,
                fields=marked.card.fields,
                out_id=marked.id,
            )
        except WeChatRefused as refused:
            return marked.fell_back(_PROBLEMS[refused.reason], self._clock())
        except ProviderUnavailable:
            return marked.again(Problem.UNAVAILABLE, self._clock(), may_have_left=False)
        except ProviderAmbiguous:
            return marked.again(Problem.UNANSWERED, self._clock(), may_have_left=True)
        return marked.accepted(msg_id, self._clock())

    async def _overdue(self, delivery: Delivery) -> Delivery | None:
        assert delivery.msg_id is not None
        known = await self._with_early_finish(delivery, delivery.msg_id)
        if known is not delivery:
            return known
        return await self._fall_back(delivery, Problem.UNFINISHED)

    async def _with_early_finish(self, delivery: Delivery, msg_id: str) -> Delivery | None:
        """The same object unless WeChat told the end before we had written the message's id."""
        finish = await self._deliveries.early_finish(msg_id)
        if finish is None:
            return delivery
        return await move(self._deliveries, delivery, delivery.finished(finish, self._clock()))

    async def _fall_back(self, delivery: Delivery, problem: Problem) -> Delivery | None:
        after = delivery.fell_back(problem, self._clock())
        return await move(self._deliveries, delivery, after)
