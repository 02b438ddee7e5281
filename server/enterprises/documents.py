"""Certifications and enterprises as documents and back; persons' data are sealed by field."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol

from server.enterprises.certification import Certification, CertificationState
from server.enterprises.enterprise import Enterprise, EnterpriseState, Member, MemberRole
from server.enterprises.face import Face, FaceState
from server.enterprises.four_factors import FourFactors
from server.enterprises.profile import (
    PERSONAL,
    Profile,
    RegistrationStatus,
    Source,
    SourceKind,
)
from server.enterprises.register_facts import Facts
from server.enterprises.rounds import Claim, Decision, DecisionKind, Submission
from server.providers.ports.face import FaceFailure
from server.providers.ports.four_factors import FourFactorField, FourFactorOutcome
from server.providers.ports.register import OperatingStatus

Document = dict[str, Any]
_FACE_SECRETS = ("ticket", "token", "url", "nonce")


class Seals(Protocol):
    """What is needed of server/storage/encryption.py."""

    def seal(self, text: str, place: str) -> bytes: ...
    def open(self, sealed: bytes, place: str) -> str: ...


class Documents:
    """``place`` of a sealed field is "certifications.<field>", in an enterprise "enterprises.<field>"."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def certification(self, one: Certification) -> Document:
        """Everything but ``_id``, ``version`` and ``pending``, which the repository writes itself."""
        return {
            "account_id": one.account_id,
            "enterprise_id": one.enterprise_id,
            "state": one.state,
            "is_open": one.is_open,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "agreed_at": one.agreed_at,
            "agreed_version": one.agreed_version,
            "licence_file_id": one.licence_file_id,
            "licence": self._facts(one.licence),
            "register": self._facts(one.register),
            "profile": self._profile(one.profile, "certifications"),
            "name": one.profile.name if one.profile else "",
            "uscc": one.profile.uscc if one.profile else "",
            "sources": [asdict(source) for source in one.sources],
            "factors": asdict(one.factors) if one.factors else None,
            "face": self._face(one.face),
            "face_ticket": one.face.ticket_digest if one.face else None,
            "face_open": bool(one.face and one.face.state is FaceState.STARTED),
            "claim": asdict(one.claim) if one.claim else None,
            "submitted_at": one.submitted_at,
            "due_at": one.due_at,
            "submissions": [self._submission(each) for each in one.submissions],
        }

    def read_certification(self, found: Mapping[str, Any]) -> Certification:
        """The entity. ``pending`` stays in the database: it is only ever added to."""
        claim = found["claim"]
        return Certification(
            id=found["_id"],
            account_id=found["account_id"],
            enterprise_id=found["enterprise_id"],
            state=CertificationState(found["state"]),
            version=found["version"],
            created_at=found["created_at"],
            updated_at=found["updated_at"],
            agreed_at=found["agreed_at"],
            agreed_version=found["agreed_version"],
            licence_file_id=found["licence_file_id"],
            licence=self._read_facts(found["licence"]),
            register=self._read_facts(found["register"]),
            profile=self._read_profile(found["profile"], "certifications"),
            sources=tuple(_read_source(each) for each in found["sources"]),
            factors=_read_factors(found["factors"]),
            face=self._read_face(found["face"]),
            claim=Claim(**claim) if claim else None,
            submitted_at=found["submitted_at"],
            due_at=found["due_at"],
            submissions=tuple(self._read_submission(each) for each in found["submissions"]),
        )

    def enterprise(self, one: Enterprise) -> Document:
        """Everything but ``_id``."""
        return {
            "uscc": one.uscc,
            "name": one.name,
            "region_code": one.region_code,
            "state": one.state,
            "members": [{"account_id": m.account_id, "role": m.role} for m in one.members],
            "created_at": one.created_at,
            "certification_id": one.certification_id,
            "certified_at": one.certified_at,
            "profile": self._profile(one.profile, "enterprises"),
            "sources": [asdict(source) for source in one.sources],
        }

    def read_enterprise(self, found: Mapping[str, Any]) -> Enterprise:
        return Enterprise(
            id=found["_id"],
            uscc=found["uscc"],
            name=found["name"],
            region_code=found["region_code"],
            state=EnterpriseState(found["state"]),
            members=tuple(_member(each) for each in found["members"]),
            created_at=found["created_at"],
            certification_id=found["certification_id"],
            certified_at=found["certified_at"],
            profile=self._read_profile(found["profile"], "enterprises"),
            sources=tuple(_read_source(each) for each in found["sources"]),
        )

    def _sealed(self, values: Mapping[str, str], place: str) -> Document:
        return {
            name: self._seals.seal(value, f"{place}.{name}") if name in PERSONAL else value
            for name, value in values.items()
            if value
        }

    def _opened(self, found: Mapping[str, Any], place: str) -> dict[str, str]:
        return {
            name: self._seals.open(value, f"{place}.{name}") if name in PERSONAL else value
            for name, value in found.items()
        }

    def _profile(self, profile: Profile | None, place: str) -> Document | None:
        return self._sealed(profile.texts(), place) if profile else None

    def _read_profile(self, found: Mapping[str, Any] | None, place: str) -> Profile | None:
        return _profile_of(self._opened(found, place)) if found else None

    def _facts(self, facts: Facts | None) -> Document | None:
        if facts is None:
            return None
        return {
            "kind": facts.kind,
            "at": facts.at,
            "values": self._sealed(facts.values, "certifications"),
            "detail": facts.detail,
            "warnings": list(facts.warnings),
        }

    def _read_facts(self, found: Mapping[str, Any] | None) -> Facts | None:
        if found is None:
            return None
        return Facts(
            kind=SourceKind(found["kind"]),
            at=found["at"],
            values=self._opened(found["values"], "certifications"),
            detail=found["detail"],
            warnings=tuple(found["warnings"]),
        )

    def _face(self, face: Face | None) -> Document | None:
        if face is None:
            return None
        secrets: Document = {}
        for name in _FACE_SECRETS:
            value, place = getattr(face, name), f"certifications.face.{name}"
            secrets[name] = self._seals.seal(value, place) if value else None
        return {
            **secrets,
            "id": face.id,
            "state": face.state,
            "created_at": face.created_at,
            "expires_at": face.expires_at,
            "started_at": face.started_at,
            "ended_at": face.ended_at,
            "failure": face.failure,
            "code": face.code,
            "request_id": face.request_id,
        }

    def _read_face(self, found: Mapping[str, Any] | None) -> Face | None:
        if found is None:
            return None
        secrets = {
            name: self._seals.open(found[name], f"certifications.face.{name}")
            for name in _FACE_SECRETS
            if found[name] is not None
        }
        return Face(
            id=found["id"],
            ticket=secrets["ticket"],
            nonce=secrets["nonce"],
            token=secrets.get("token"),
            url=secrets.get("url"),
            state=FaceState(found["state"]),
            created_at=found["created_at"],
            expires_at=found["expires_at"],
            started_at=found["started_at"],
            ended_at=found["ended_at"],
            failure=FaceFailure(found["failure"]) if found["failure"] else None,
            code=found["code"],
            request_id=found["request_id"],
        )

    def _submission(self, one: Submission) -> Document:
        decision = one.decision
        return {
            "round": one.round,
            "at": one.at,
            "profile": self._profile(one.profile, "certifications"),
            "licence_file_id": one.licence_file_id,
            "factors_request_id": one.factors_request_id,
            "decision": (
                {
                    "kind": decision.kind,
                    # What a reviewer writes may name a person.
                    "reason": self._seals.seal(decision.reason, "certifications.reason"),
                    "at": decision.at,
                    "account_id": decision.account_id,
                }
                if decision
                else None
            ),
        }

    def _read_submission(self, found: Mapping[str, Any]) -> Submission:
        decision = found["decision"]
        return Submission(
            round=found["round"],
            at=found["at"],
            profile=_profile_of(self._opened(found["profile"], "certifications")),
            licence_file_id=found["licence_file_id"],
            factors_request_id=found["factors_request_id"],
            decision=(
                Decision(
                    kind=DecisionKind(decision["kind"]),
                    reason=self._seals.open(decision["reason"], "certifications.reason"),
                    at=decision["at"],
                    account_id=decision["account_id"],
                )
                if decision
                else None
            ),
        )


def _profile_of(values: Mapping[str, str]) -> Profile:
    """The way back from ``Profile.texts``."""
    typed: dict[str, Any] = {
        "established_on": date.fromisoformat(values["established_on"]),
        "registered_capital_fen": int(values["registered_capital_fen"]),
        "registration_status": RegistrationStatus(values["registration_status"]),
    }
    return Profile(**{**values, **typed})


def _member(found: Mapping[str, Any]) -> Member:
    return Member(account_id=found["account_id"], role=MemberRole(found["role"]))


def _read_source(found: Mapping[str, Any]) -> Source:
    return Source(**{**found, "kind": SourceKind(found["kind"])})


def _read_factors(found: Mapping[str, Any] | None) -> FourFactors | None:
    if found is None:
        return None
    return FourFactors(
        outcome=FourFactorOutcome(found["outcome"]),
        mismatched=tuple(FourFactorField(word) for word in found["mismatched"]),
        operating_status=OperatingStatus(found["operating_status"]),
        request_id=found["request_id"],
        checked_at=found["checked_at"],
    )
