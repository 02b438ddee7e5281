"""The two ways in which somebody else's service fails us, told apart by whether it may have
acted.

Neither carries what the vendor said: vendors put names, numbers and codes into their error texts.
"""

from enum import StrEnum

from server.core.errors import Unavailable


class ProviderProblem(StrEnum):
    """Why, for the log and for the doctor; never shown to people."""

    BUSY = "busy"  # every worker of ours is held by calls that do not end
    TIMEOUT = "timeout"
    NETWORK = "network"
    SERVER = "server"  # 5xx, or the vendor's own internal error
    GARBAGE = "garbage"  # an answer that says nothing we understand
    CREDENTIALS = "credentials"
    ACCOUNT = "account"  # arrears, not activated, no permission
    THROTTLED = "throttled"
    REQUEST = "request"  # the vendor calls our request wrong: a fault of ours


class ProviderUnavailable(Unavailable):
    """Nothing happened at the provider that matters; the call may be made again later."""

    code = "providers.unavailable"
    sentence = "对方服务暂时没有响应，请稍后重试。您填写的内容已保留。"

    def __init__(self, *, provider: str, problem: ProviderProblem) -> None:
        super().__init__(provider=provider)
        self.provider = provider
        self.problem = problem


class ProviderAmbiguous(Unavailable):
    """The provider may or may not have acted: find out before calling again."""

    code = "providers.ambiguous"
    sentence = "对方服务没有及时回应，暂时无法确认是否已经办理，请稍候片刻再看结果。"

    def __init__(self, *, provider: str, problem: ProviderProblem) -> None:
        super().__init__(provider=provider)
        self.provider = provider
        self.problem = problem
