"""How a case, and the enterprise that it is about, begin and end: the values, not the writes."""

from datetime import datetime

from server.core.ids import derived_id, new_id
from server.enterprises.certification import Certification, CertificationState
from server.enterprises.enterprise import Enterprise, EnterpriseState, Member, MemberRole
from server.enterprises.profile import Profile


def new_certification(account_id: str, now: datetime) -> Certification:
    """``version`` 0: not written yet."""
    case_id = new_id()
    return Certification(
        id=case_id,
        account_id=account_id,
        enterprise_id=derived_id("enterprise", case_id),
        state=CertificationState.FILLING,
        version=0,
        created_at=now,
        updated_at=now,
    )


def draft_of(case: Certification, profile: Profile, now: datetime) -> Enterprise:
    """The enterprise while nothing about it is proved: no profile, no open gate."""
    return Enterprise(
        id=case.enterprise_id,
        uscc=profile.uscc,
        name=profile.name,
        region_code=profile.region_code,
        state=EnterpriseState.UNCERTIFIED,
        members=(Member(account_id=case.account_id, role=MemberRole.AGENT),),
        created_at=now,
        certification_id=case.id,
    )


def certified_of(
    case: Certification, *, owner_phone: str, created_at: datetime, now: datetime
) -> Enterprise:
    """The enterprise as approved. Who has the legal representative's phone is he himself."""
    profile = case.submissions[-1].profile
    is_legal_rep = owner_phone == profile.legal_rep_phone
    role = MemberRole.LEGAL_REP if is_legal_rep else MemberRole.AGENT
    return Enterprise(
        id=case.enterprise_id,
        uscc=profile.uscc,
        name=profile.name,
        region_code=profile.region_code,
        state=EnterpriseState.CERTIFIED,
        members=(Member(account_id=case.account_id, role=role),),
        created_at=created_at,
        certification_id=case.id,
        certified_at=now,
        profile=profile,
        sources=case.sources,
    )
