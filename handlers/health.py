"""``/healthz``: the process answers. ``/readyz``: a writable primary and a live change stream."""

import orjson

from handlers.access import Scheme, partner, public
from handlers.base import BaseHandler
from server.core.actor import Surface


class _Probe(BaseHandler):
    surface = Surface.SYSTEM

    def session_token(self) -> str | None:
        return None

    def say(self, body: dict[str, object], status: int) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.write(orjson.dumps(body))


class Health(_Probe):
    """Alive: nothing else is asked."""

    @public
    def get(self) -> None:
        self.say({"status": "ok"}, 200)


class Readiness(_Probe):
    """Fit for traffic; each part's state is named."""

    @public
    async def get(self) -> None:
        parts = await self.application.is_ready()
        is_ready = all(parts.values())
        self.say(
            {"status": "ready" if is_ready else "not_ready", **parts}, 200 if is_ready else 503
        )


class MetricsPage(_Probe):
    """``/metrics``, for configured networks only."""

    @partner(Scheme.METRICS_NETWORK)
    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.write(self.application.metrics.text())
