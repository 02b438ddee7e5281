"""What WeChat's errcodes mean to us: 全局返回码, and those of each call's own page."""

from server.providers.ports.unavailable import ProviderProblem
from server.providers.ports.wechat import WeChatRefusal

BUSY = -1
NO_MENU = 46003
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
CODE_DEAD = frozenset({40029, 40163, 41008, 42003})

_PROBLEMS = {
    BUSY: ProviderProblem.SERVER,
    **dict.fromkeys(TOKEN_REFUSED, ProviderProblem.CREDENTIALS),
    # appid, secret, our address not on the list, no token sent
    **dict.fromkeys((40013, 40125, 40164, 41001, 41002, 41004), ProviderProblem.CREDENTIALS),
    # address or call waits for, or was denied by, the account's administrator
    **dict.fromkeys((89501, 89503, 89506, 89507), ProviderProblem.CREDENTIALS),
    # the account: frozen, secret frozen, stopped
    **dict.fromkeys((40243, 50002, 61024), ProviderProblem.ACCOUNT),
    # a day's, a minute's and a call's quota
    **dict.fromkeys((45009, 45011, 45033), ProviderProblem.THROTTLED),
    # method, body and JSON
    **dict.fromkeys((40002, 43001, 43002, 44002, 47001), ProviderProblem.REQUEST),
}
_REASONS = {
    # not an openid of ours, doesn't follow, took the permission back, is on the black list
    **dict.fromkeys((40003, 43004, 43019, 43101, 43116), WeChatRefusal.FOLLOWER),
    # template, its fields, words, menu, QR code
    **dict.fromkeys((40036, 40037, 40066, 40097, 45002, 47003, 87014), WeChatRefusal.CONTENT),
    **dict.fromkeys((*range(40015, 40029), *range(40052, 40056)), WeChatRefusal.CONTENT),
    # no right to the call, menus too often, templates withdrawn
    **dict.fromkeys((43104, 45026, 48001, 48004, 50001), WeChatRefusal.ACCOUNT),
}


def problem_of(errcode: int) -> ProviderProblem | None:
    """None: WeChat understood, and the answer is no."""
    return _PROBLEMS.get(errcode)


def reason_of(errcode: int) -> WeChatRefusal:
    return _REASONS.get(errcode, WeChatRefusal.OTHER)
