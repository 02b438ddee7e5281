"""What Tencent's error codes mean to us, where they mean the same for every action.

Codes: the SDK's errorcodes.py of faceid and ocr, and its own for network trouble. An unknown code
is the server's fault: never a pass, and never an answer about the person.
"""

from server.providers.ports.unavailable import ProviderProblem

MALFORMED_ANSWER = "MalformedAnswer"  # ours: no Response object, no RequestId, no value we need
TIMED_OUT = "ClientTimeout"  # ours: the SDK calls it ClientNetworkError like the rest

_EXACT = {
    MALFORMED_ANSWER: ProviderProblem.GARBAGE,
    TIMED_OUT: ProviderProblem.TIMEOUT,
    "ClientNetworkError": ProviderProblem.NETWORK,
    "ServerNetworkError": ProviderProblem.SERVER,
    "FailedOperation.ArrearsError": ProviderProblem.ACCOUNT,
    "FailedOperation.UnOpenError": ProviderProblem.ACCOUNT,
    "FailedOperation.CountLimitError": ProviderProblem.ACCOUNT,
    "FailedOperation.StsUnAuthErrError": ProviderProblem.ACCOUNT,
    "FailedOperation.UnregisteredEid": ProviderProblem.ACCOUNT,
    "FailedOperation.RequestLimitExceeded": ProviderProblem.THROTTLED,
}

_BY_FAMILY = {
    "AuthFailure": ProviderProblem.CREDENTIALS,
    "UnauthorizedOperation": ProviderProblem.ACCOUNT,
    "ResourceUnavailable": ProviderProblem.ACCOUNT,
    "ResourcesSoldOut": ProviderProblem.ACCOUNT,
    "RequestLimitExceeded": ProviderProblem.THROTTLED,
    "LimitExceeded": ProviderProblem.THROTTLED,
    "InternalError": ProviderProblem.SERVER,
    "InvalidAction": ProviderProblem.REQUEST,
    "InvalidParameter": ProviderProblem.REQUEST,
    "InvalidParameterValue": ProviderProblem.REQUEST,
    "MissingParameter": ProviderProblem.REQUEST,
    "UnknownParameter": ProviderProblem.REQUEST,
    "UnsupportedOperation": ProviderProblem.REQUEST,
}

RETRIED = frozenset(
    {
        ProviderProblem.NETWORK,
        ProviderProblem.TIMEOUT,
        ProviderProblem.SERVER,
        ProviderProblem.GARBAGE,
        ProviderProblem.THROTTLED,
    }
)
"""Worth a second try, where the call is neither billed nor able to act twice."""

OURS_TO_MEND = frozenset(
    {ProviderProblem.CREDENTIALS, ProviderProblem.ACCOUNT, ProviderProblem.REQUEST}
)
"""Waiting won't help; somebody has to look: logged as errors."""


def problem_of(code: str) -> ProviderProblem:
    exact = _EXACT.get(code)
    if exact is not None:
        return exact
    return _BY_FAMILY.get(code.partition(".")[0], ProviderProblem.SERVER)
