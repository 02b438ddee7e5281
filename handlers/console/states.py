"""How states look in the console: the tone of each state's tag."""

from collections.abc import Mapping

from server.applications.state import ApplicationState
from server.enterprises.certification import CertificationState

APPLICATION_TONES: Mapping[ApplicationState, str] = {
    ApplicationState.SUBMITTED: "warn",
    ApplicationState.REFERRED_BACK: "info",
    ApplicationState.ACCEPTED: "primary",
    ApplicationState.CREDITED: "gold",
    ApplicationState.LENT: "ok",
    ApplicationState.DECLINED: "bad",
    ApplicationState.WITHDRAWN: "",
    ApplicationState.CLOSED: "",
}

CERTIFICATION_LABELS: Mapping[CertificationState, tuple[str, str]] = {
    CertificationState.FILLING: ("企业修改中", "info"),
    CertificationState.FACING: ("企业修改中", "info"),
    CertificationState.REVIEWING: ("待审核", "warn"),
    CertificationState.APPROVED: ("已通过", "ok"),
    CertificationState.REJECTED: ("已驳回", "bad"),
    CertificationState.RETURNED: ("已退回", "info"),
}
"""Label and tone, in a reviewer's words."""
