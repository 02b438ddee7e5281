"""The states of a loan application and the one table of its moves."""

from collections.abc import Mapping
from enum import StrEnum

from server.core.errors import Conflict


class ApplicationState(StrEnum):
    """待受理 → 已受理 → 已授信 → 已放款, and the ways out."""

    SUBMITTED = "submitted"
    REFERRED_BACK = "referred_back"
    ACCEPTED = "accepted"
    CREDITED = "credited"
    LENT = "lent"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Deed(StrEnum):
    """What people do to an application. The name is also its event's: ``applications.<deed>``."""

    SUBMITTED = "submitted"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    REFERRED_BACK = "referred_back"
    CREDITED = "credited"
    LENT = "lent"
    DECLINED = "declined"
    CLOSED = "closed"


class Side(StrEnum):
    """Who did it."""

    ENTERPRISE = "enterprise"
    INSTITUTION = "institution"


_STATE = ApplicationState
_OWN_DEEDS = frozenset({Deed.SUBMITTED, Deed.RESUBMITTED, Deed.WITHDRAWN})

MOVES: Mapping[Deed, Mapping[ApplicationState, ApplicationState]] = {
    Deed.RESUBMITTED: {_STATE.REFERRED_BACK: _STATE.SUBMITTED},
    Deed.WITHDRAWN: {
        _STATE.SUBMITTED: _STATE.WITHDRAWN,
        _STATE.REFERRED_BACK: _STATE.WITHDRAWN,
        _STATE.ACCEPTED: _STATE.WITHDRAWN,
    },
    Deed.ACCEPTED: {_STATE.SUBMITTED: _STATE.ACCEPTED},
    Deed.REFERRED_BACK: {
        _STATE.SUBMITTED: _STATE.REFERRED_BACK,
        _STATE.ACCEPTED: _STATE.REFERRED_BACK,
    },
    Deed.CREDITED: {_STATE.ACCEPTED: _STATE.CREDITED},
    Deed.LENT: {_STATE.CREDITED: _STATE.LENT, _STATE.LENT: _STATE.LENT},
    Deed.DECLINED: {_STATE.SUBMITTED: _STATE.DECLINED, _STATE.ACCEPTED: _STATE.DECLINED},
    Deed.CLOSED: {_STATE.CREDITED: _STATE.CLOSED, _STATE.LENT: _STATE.CLOSED},
}

OPEN = frozenset({_STATE.SUBMITTED, _STATE.REFERRED_BACK, _STATE.ACCEPTED, _STATE.CREDITED})
"""While one of these, the enterprise can't apply to the same product again."""

WAITING = frozenset({_STATE.SUBMITTED, _STATE.ACCEPTED})
"""While one of these, the institution owes an answer."""

DEED_NAMES: Mapping[Deed, str] = {
    Deed.SUBMITTED: "提交申请",
    Deed.RESUBMITTED: "补充后重新提交",
    Deed.WITHDRAWN: "撤回申请",
    Deed.ACCEPTED: "受理",
    Deed.REFERRED_BACK: "退回补件",
    Deed.CREDITED: "授信",
    Deed.LENT: "放款",
    Deed.DECLINED: "拒绝",
    Deed.CLOSED: "关闭",
}

STATE_NAMES: Mapping[ApplicationState, str] = {
    _STATE.SUBMITTED: "待受理",
    _STATE.REFERRED_BACK: "退回补件",
    _STATE.ACCEPTED: "已受理",
    _STATE.CREDITED: "已授信",
    _STATE.LENT: "已放款",
    _STATE.DECLINED: "已拒绝",
    _STATE.WITHDRAWN: "已撤回",
    _STATE.CLOSED: "已关闭",
}

STATE_MEANINGS: Mapping[ApplicationState, str] = {
    _STATE.SUBMITTED: "申请已送达经办机构，等待受理。",
    _STATE.REFERRED_BACK: "机构请您补充或修改申请，改好后可重新提交。",
    _STATE.ACCEPTED: "机构已受理，正在尽职调查和审批。",
    _STATE.CREDITED: "机构已批准授信额度，等待放款。",
    _STATE.LENT: "贷款已发放。",
    _STATE.DECLINED: "机构未通过这次申请，您可以看看其他产品。",
    _STATE.WITHDRAWN: "您已撤回这次申请。",
    _STATE.CLOSED: "这次申请已经结束。",
}


class ApplicationMoveRefused(Conflict):
    """Not a move of the table: somebody else was faster, or the page is old."""

    code = "applications.move_refused"
    sentence = "申请当前是“{state_name}”，不能这样操作，请刷新后查看最新状态。"


def next_state(state: ApplicationState, deed: Deed) -> ApplicationState:
    """Where the deed leads, or ApplicationMoveRefused."""
    found = MOVES.get(deed, {}).get(state)
    if found is None:
        raise ApplicationMoveRefused(state=state.value, state_name=STATE_NAMES[state])
    return found


def side_of(deed: Deed) -> Side:
    """Whose deed it is: the table leaves no deed to both."""
    return Side.ENTERPRISE if deed in _OWN_DEEDS else Side.INSTITUTION
