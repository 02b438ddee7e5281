"""Clients of the product as the outside sees it: a program with a bearer token, a browser without scripts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import uuid4

import aiohttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The refusal's code, of JSON."""
        return str(self.json["code"])


class ApiClient:
    """A program. POSTs carry a fresh Idempotency-Key unless one is given."""

    def __init__(self, url: str, http: aiohttp.ClientSession, token: str | None) -> None:
        self._url = url
        self._http = http
        self.token = token

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
    ) -> Answer:
        """One call of /api/v1."""
        sent = {"Idempotency-Key": key or uuid4().hex, **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        async with self._http.request(
            method,
            f"{self._url}/api/v1{path}",
            json=body if data is None else None,
            data=data,
            params=params,
            headers=sent,
        ) as answer:
            return Answer(status=answer.status, headers=answer.headers, body=await answer.read())

    async def get(self, path: str, **params: str) -> Answer:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        return await self.call("POST", path, {} if body is None else body, key=key)

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)


class PageClient:
    """A browser without scripts. Redirects are not followed unless asked for."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self._send("GET", path, None, headers)

    async def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        xsrf: bool = True,
    ) -> Answer:
        """Post a form with the hidden fields that every form of ours has."""
        if xsrf and "_xsrf" not in self.cookies:
            await self.get("/login")
        values: list[tuple[str, str]] = [("idempotency_key", key or uuid4().hex)]
        if xsrf:
            values.append(("_xsrf", self.cookies["_xsrf"]))
        for name, value in (fields or {}).items():
            values += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
        return await self._send("POST", path, aiohttp.FormData(values), headers)

    async def upload(
        self, path: str, data: bytes, *, name: str = "licence.jpg", field: str = "file"
    ) -> Answer:
        """Post a file as a form does: the XSRF field first."""
        if "_xsrf" not in self.cookies:
            await self.get("/login")
        form = aiohttp.FormData()
        form.add_field("_xsrf", self.cookies["_xsrf"])
        form.add_field(field, data, filename=name, content_type="application/octet-stream")
        return await self._send("POST", path, form, None)

    async def follow(self, answer: Answer) -> Answer:
        """Where the redirect leads."""
        assert answer.status in (302, 303, 308), (answer.status, answer.text[:500])
        return await self.get(answer.headers["Location"].removeprefix(self._url))

    async def _send(
        self, method: str, path: str, data: Any, headers: Mapping[str, str] | None
    ) -> Answer:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            async with http.request(
                method,
                self._url + path,
                data=data,
                allow_redirects=False,
                headers={"Origin": self._url, **(headers or {})},
                cookies=self.cookies,
            ) as answer:
                for name, morsel in answer.cookies.items():
                    if morsel.value and morsel["expires"] != _PAST:
                        self.cookies[name] = morsel.value
                    else:
                        self.cookies.pop(name, None)
                return Answer(
                    status=answer.status, headers=answer.headers, body=await answer.read()
                )


_PAST = "Thu, 01 Jan 1970 00:00:00 GMT"
_TAG = re.compile(r"<[^>]+>")


def visible(page: Answer) -> str:
    """The words of a page, without its tags."""
    return unescape(re.sub(r"\s+", " ", _TAG.sub(" ", page.text)))
