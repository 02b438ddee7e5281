"""A client of the phone's pages: on 127.0.0.1 or, by Host, on a person's origin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sandbox.eid import EidToken
from sandbox.state import State
from sandbox.world import Person

# The discard port: nothing listens, the phone only needs to know the server's name.
SERVER = "http://127.0.0.1:9"


@asynccontextmanager
async def phone_client(state: State) -> AsyncIterator["PhoneClient"]:
    state.server_url = SERVER
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield PhoneClient(state, session)


def token_for(state: State, person: Person) -> EidToken:
    """A face check of this person, who comes back to an address of the server."""
    return state.eid.create(
        "0NSJ-sandbox", person.name, person.id_number, "nonce", f"{SERVER}/certify/back?state=1"
    )


class PhoneClient:
    def __init__(self, state: State, session: aiohttp.ClientSession) -> None:
        self.state = state
        self.session = session

    async def get(
        self, path: str, *, on: str | None = None, accept: str = "text/html"
    ) -> tuple[int, str]:
        """Status and body, or status and Location of a redirect. `on`: that person's origin."""
        headers = {"Accept": accept}
        if on:
            headers["Host"] = f"{on}.localhost:{self.state.port}"
        address = self.state.base_url + path
        async with self.session.get(address, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def post(self, path: str, *, on: str, **fields: str) -> tuple[int, str]:
        headers = {"Host": f"{on}.localhost:{self.state.port}"}
        address = self.state.base_url + path
        async with self.session.post(
            address, headers=headers, data=fields, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    @asynccontextmanager
    async def live(self, person_key: str) -> AsyncIterator["Line"]:
        address = f"{self.state.base_url}/phone/live?person={person_key}"
        async with self.session.get(address) as answer:
            yield Line(answer)
            answer.close()


class Line:
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self, kind: str, seconds: float = 1.0) -> Any:
        async with asyncio.timeout(seconds):
            while True:
                line = await self._answer.content.readuntil(b"\n\n")
                event = json.loads(line.removeprefix(b"data: "))
                if event["kind"] == kind:
                    return event
