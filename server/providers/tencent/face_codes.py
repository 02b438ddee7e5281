"""The result codes of an E证通 walk (document 1007/115318) as reasons a person can act on.

The vendor's sentences may change without notice and are not used.
"""

from server.providers.ports.face import FaceFailure

_REASONS = {
    14: FaceFailure.EXPIRED,  # the token was used up by an earlier, completed walk
    15: FaceFailure.EXPIRED,
    16: FaceFailure.TOO_OFTEN,
    17: FaceFailure.NOT_FINISHED,
    201: FaceFailure.NETWORK,
    202: FaceFailure.NETWORK,
    203: FaceFailure.NOT_AUTHORISED,
    204: FaceFailure.NOT_AUTHORISED,
    301: FaceFailure.ID_CARD,
    302: FaceFailure.ID_CARD,
    303: FaceFailure.ID_CARD,
    1001: FaceFailure.NOT_FINISHED,
    1002: FaceFailure.NOT_LIVE,
    1003: FaceFailure.PICTURE_POOR,
    1004: FaceFailure.PICTURE_POOR,
    1005: FaceFailure.PICTURE_POOR,
    1007: FaceFailure.NOT_LIVE,
    1008: FaceFailure.NETWORK,
    2002: FaceFailure.IDENTITY_MALFORMED,
    2003: FaceFailure.IDENTITY_MALFORMED,
    2004: FaceFailure.PICTURE_POOR,
    2005: FaceFailure.NO_RECORD,
    2006: FaceFailure.IDENTITY_MISMATCH,
    2007: FaceFailure.NO_RECORD,
    2008: FaceFailure.NO_RECORD,
    2009: FaceFailure.PICTURE_POOR,
    2010: FaceFailure.PICTURE_POOR,
    2011: FaceFailure.NOT_LIVE,
    2016: FaceFailure.NOT_SAME_PERSON,
    2018: FaceFailure.TOO_OFTEN,
}
_SERVICE = frozenset({1, 2, 3, 4, 8, 10, 12, 13, 1006, 2001})


def failure_of(code: int) -> FaceFailure:
    """11xx and 12xx are failures of a single way of proving to be alive."""
    if code in _SERVICE:
        return FaceFailure.SERVICE
    if 1100 <= code < 1300:
        return FaceFailure.NOT_LIVE
    return _REASONS.get(code, FaceFailure.UNKNOWN)
