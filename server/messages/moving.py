"""Writing a delivery's next value, and the line in the log when it did not go well."""

import logging

from server.messages.delivery import Delivery
from server.messages.delivery_states import Problem
from server.messages.repository import DeliveryRepository

LOG = logging.getLogger("rongqiao.messages")


async def move(
    deliveries: DeliveryRepository, before: Delivery, after: Delivery
) -> Delivery | None:
    """None when somebody else wrote since ``before``: then nothing is to be done here."""
    moved = await deliveries.move(before, after)
    if moved is not None:
        _tell(before, moved)
    return moved


def _tell(before: Delivery, moved: Delivery) -> None:
    left_wechat = before.channel is not moved.channel
    problem = moved.wechat_problem if left_wechat else moved.problem
    if problem is None or (left_wechat and problem is Problem.NOT_FOLLOWING):
        return  # most people don't follow: that is no news
    LOG.log(
        logging.WARNING if moved.due_at is None else logging.INFO,
        "delivery=%s kind=%s channel=%s state=%s problem=%s tries=%d",
        moved.id,
        moved.kind,
        before.channel,
        moved.state,
        problem,
        before.tries,
    )
