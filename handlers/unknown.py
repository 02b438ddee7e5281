"""Addresses that nobody answers: one page, one JSON refusal."""

from handlers.access import public
from handlers.api.base import ApiHandler
from handlers.errors import AddressUnknown
from handlers.pages import PageHandler


class UnknownPage(PageHandler):
    """The 404 of pages."""

    def check_xsrf_cookie(self) -> None:
        """There is nothing to protect, and 404 says more than 403."""

    @public
    def get(self) -> None:
        raise AddressUnknown()

    post = put = patch = delete = head = get


class UnknownApi(ApiHandler):
    """The 404 of the API."""

    @public
    def get(self) -> None:
        raise AddressUnknown()

    post = put = patch = delete = head = get
