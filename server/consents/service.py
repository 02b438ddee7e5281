"""Giving consent, and insisting on it."""

from collections.abc import Mapping

from server.consents.consent import (
    TITLES,
    Consent,
    ConsentKind,
    ConsentMissing,
    ConsentOutdated,
    PrivacyNeeded,
    ReadTooFast,
)
from server.consents.repository import ConsentRepository, consent_id
from server.core.actor import Actor
from server.core.clock import Clock


class Consents:
    """``versions``: the current version of each text."""

    def __init__(
        self,
        *,
        consents: ConsentRepository,
        clock: Clock,
        versions: Mapping[ConsentKind, str],
        read_seconds: Mapping[ConsentKind, int],
    ) -> None:
        self._consents = consents
        self._clock = clock
        self._versions = versions
        self._read_seconds = read_seconds

    def version(self, kind: ConsentKind) -> str:
        """The version that is asked for now."""
        return self._versions[kind]

    def read_seconds(self, kind: ConsentKind) -> int:
        """How long the text must have been open."""
        return self._read_seconds.get(kind, 0)

    async def give(
        self,
        kind: ConsentKind,
        *,
        version: str,
        account_id: str,
        address: str,
        subject_id: str = "",
        read_seconds: int | None = None,
    ) -> None:
        """Keep a consent. Raises ConsentOutdated or ReadTooFast."""
        self.must_be_current(kind, version)
        if (read_seconds or 0) < self._read_seconds.get(kind, 0):
            raise ReadTooFast(field="read_seconds", title=TITLES[kind])
        consent = Consent(
            id=consent_id(account_id, kind, version, subject_id),
            account_id=account_id,
            kind=kind,
            version=version,
            subject_id=subject_id,
            given_at=self._clock(),
            address=address,
            read_seconds=read_seconds,
        )
        await self._consents.add(consent)

    def must_be_current(self, kind: ConsentKind, version: str) -> None:
        """Refuse with ConsentOutdated when the text has changed since."""
        if version != self._versions[kind]:
            raise ConsentOutdated(field="version", title=TITLES[kind])

    async def find(
        self, kind: ConsentKind, *, account_id: str, subject_id: str = ""
    ) -> Consent | None:
        """The consent to the current version, if it was given."""
        return await self._consents.find(account_id, kind, self._versions[kind], subject_id)

    async def must_have(self, kind: ConsentKind, *, account_id: str, subject_id: str) -> None:
        """Refuse with ConsentMissing unless the current version was agreed to for this subject."""
        if await self.find(kind, account_id=account_id, subject_id=subject_id) is None:
            raise ConsentMissing(title=TITLES[kind], kind=kind.value)

    async def must_have_accepted_privacy(self, actor: Actor) -> None:
        """Refuse with PrivacyNeeded until the current guideline was accepted."""
        if actor.privacy_version != self._versions[ConsentKind.PRIVACY]:
            raise PrivacyNeeded()
