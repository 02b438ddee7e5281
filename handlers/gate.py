"""The gate: the one place that decides whether a request gets in."""

import hmac
from ipaddress import ip_address
from urllib.parse import unquote

from tornado.httputil import HTTPServerRequest

from handlers.access import Access, Door, Scheme
from handlers.errors import AddressUnknown
from server.config import Settings
from server.config.settings import Network
from server.core.actor import Actor, LoginNeeded, PermissionMissing, Surface
from server.services import Services


class MarkMissing(Exception):
    """A method without an access mark: a fault of ours, answered as such."""


async def admit(
    access: Access | None,
    *,
    services: Services,
    settings: Settings,
    surface: Surface,
    token: str | None,
    address: str,
    request: HTTPServerRequest,
) -> Actor | None:
    """Who asks, None for an admitted stranger; raises when the request may not get in.

    ``request`` is for partners, who prove themselves by what stands in its address.
    """
    if access is None:
        raise MarkMissing()
    if access.door is Door.PARTNER:
        _admit_partner(access.scheme, services, settings, address, request)
        return None
    actor = None
    if token:
        actor = await services.sessions.find_actor(token, surface=surface, address=address)
    if access.door is Door.PUBLIC:
        return actor
    if actor is None:
        raise LoginNeeded()
    if access.door is Door.STAFF:
        assert access.permission is not None
        actor.must_have(access.permission)
        return actor
    await _admit_applicant(services, actor, access)
    return actor


async def _admit_applicant(services: Services, actor: Actor, access: Access) -> None:
    if access.before_privacy:
        return
    if actor.roles:
        raise PermissionMissing()
    await services.consents.must_have_accepted_privacy(actor)
    if access.door is Door.CERTIFIED:
        await services.enterprises.must_be_certified(actor)


def _admit_partner(
    scheme: Scheme | None,
    services: Services,
    settings: Settings,
    address: str,
    request: HTTPServerRequest,
) -> None:
    if scheme is Scheme.METRICS_NETWORK:
        if not _is_within(address, settings.server.metrics_networks):
            raise AddressUnknown()
    elif scheme is Scheme.SMS_RECEIPT:
        secret = unquote(request.path.rpartition("/")[2])
        known = settings.aliyun.receipt_secret.get_secret_value()
        if not hmac.compare_digest(secret.encode(), known.encode()):
            raise AddressUnknown()
    elif scheme is Scheme.WECHAT:
        services.callbacks.must_be_signed(
            *(_asked(request, name) for name in ("signature", "timestamp", "nonce"))
        )
    else:
        raise MarkMissing()


def _asked(request: HTTPServerRequest, name: str) -> str:
    """A value of the query, "" when it is missing or given twice."""
    values = request.query_arguments.get(name, [])
    return values[0].decode("latin-1") if len(values) == 1 else ""


def client_address(request: HTTPServerRequest, proxies: tuple[Network, ...]) -> str:
    """The last address that no configured proxy vouches for."""
    address = request.remote_ip or "0.0.0.0"
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    while hops and _is_within(address, proxies):
        hop = hops.pop()
        if not _is_address(hop):
            break
        address = hop
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)
