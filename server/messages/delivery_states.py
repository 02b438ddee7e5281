"""The closed sets of a delivery: channels, states with their moves, problems, and WeChat's ends."""

from enum import StrEnum


class Channel(StrEnum):
    """From WeChat to SMS, never back."""

    WECHAT = "wechat"
    SMS = "sms"


class DeliveryState(StrEnum):
    """``unknown``: the vendor may have it. ``sent``: the vendor has it, for certain.

    ``delivered``: WeChat says that it arrived; an SMS ends as ``sent``.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


_S = DeliveryState
_ENDS: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.DELIVERED: frozenset(),
    _S.FAILED: frozenset(),
}
# Leaving WeChat for SMS is possible from everywhere but the ends, and begins at ``waiting``.
MOVES: dict[Channel, dict[DeliveryState, frozenset[DeliveryState]]] = {
    Channel.SMS: {
        _S.WAITING: frozenset({_S.SENDING, _S.WAITING, _S.FAILED}),
        _S.SENDING: frozenset({_S.SENT, _S.WAITING, _S.FAILED, _S.UNKNOWN}),
        _S.UNKNOWN: frozenset({_S.SENT, _S.WAITING, _S.FAILED, _S.UNKNOWN}),
        _S.SENT: frozenset(),
        **_ENDS,
    },
    Channel.WECHAT: {
        _S.WAITING: frozenset({_S.SENDING, _S.FAILED}),
        _S.SENDING: frozenset({_S.SENDING, _S.SENT, _S.WAITING, _S.FAILED, _S.UNKNOWN}),
        _S.UNKNOWN: frozenset({_S.SENDING, _S.FAILED}),
        _S.SENT: frozenset({_S.DELIVERED, _S.FAILED}),
        **_ENDS,
    },
}


class Problem(StrEnum):
    """Why the last try did not end well, or why WeChat was left."""

    NO_PHONE = "no_phone"  # the account is gone or switched off
    LIMIT = "limit"
    NUMBER = "number"
    CONTENT = "content"
    ACCOUNT = "account"
    UNAVAILABLE = "unavailable"
    UNANSWERED = "unanswered"
    NOT_FOLLOWING = "not_following"
    REFUSED = "refused"  # by WeChat, for a reason that we don't tell apart
    BLOCKED = "blocked"  # the person takes no messages of the official account
    UNDELIVERED = "undelivered"  # WeChat took it and then could not
    UNFINISHED = "unfinished"  # WeChat took it and told nothing more


class Finish(StrEnum):
    """How WeChat says that a template message ended."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"
    FAILED = "failed"


def finish_of(status: str) -> Finish:
    """Of ``success``, ``failed:user block`` or ``failed: system failed``, as WeChat writes it."""
    word = status.strip().lower()
    if word == "success":
        return Finish.DELIVERED
    return Finish.BLOCKED if "block" in word else Finish.FAILED
