"""Counters for operators, in Prometheus' text format."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """Requests by route name: never by address, which may hold a ticket."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "rongqiao_requests_total",
            "Requests",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._pushes = Counter(
            "rongqiao_wechat_pushes_total",
            "Messages and events pushed by WeChat",
            ["kind"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "rongqiao_request_seconds", "Duration", ["route"], registry=self.registry
        )

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_push(self, kind: str) -> None:
        """Count one push, retries included."""
        self._pushes.labels(kind).inc()

    def text(self) -> bytes:
        """Everything counted so far."""
        return generate_latest(self.registry)
