"""The official account's menu: what stands in wechat.yaml, and what WeChat has."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import yaml

from server.composition.ground import Ground, lay_ground, start_embedded
from server.config import Settings
from server.core.errors import Refusal
from server.official_account.menu import Difference, as_written, differences
from server.official_account.rules import Rules, read_rules
from server.providers.ports.unavailable import ProviderAmbiguous
from server.providers.ports.wechat import OfficialAccount, WeChatRefused
from server.storage.embedded import EmbeddedUnavailable

DIFFERENT = 1
_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
Deed = Callable[[OfficialAccount, Rules, str], Awaitable[int]]


async def push(account: OfficialAccount, rules: Rules, site: str) -> int:
    """Publish the menu of wechat.yaml; one without buttons is deleted."""
    ours, theirs = rules.menu.published(site), await account.menu()
    changes = differences(ours, theirs)
    if not changes:
        print("menu: WeChat has it already")
        return 0
    if rules.menu.buttons:
        await account.set_menu(ours)
    else:
        await account.delete_menu()
    _tell(changes)
    print("menu: published; people see it within five minutes, or when they open the account anew")
    return 0


async def pull(account: OfficialAccount, rules: Rules, site: str) -> int:
    """Print WeChat's menu as it would stand in wechat.yaml."""
    theirs = await account.menu()
    buttons = as_written(theirs, site) if theirs is not None else []
    print(yaml.safe_dump({"menu": {"buttons": buttons}}, allow_unicode=True, sort_keys=False))
    return 0


async def diff(account: OfficialAccount, rules: Rules, site: str) -> int:
    """Print what pushing would change; 1 when that is something."""
    changes = differences(rules.menu.published(site), await account.menu())
    _tell(changes)
    return DIFFERENT if changes else 0


DEEDS: dict[str, Deed] = {"push": push, "pull": pull, "diff": diff}


def run(settings: Settings, deed: str) -> int:
    """Do it; the exit code. Works beside a running server."""
    rules = read_rules(settings.wechat.rules_file)
    try:
        embedded = start_embedded(settings)
    except EmbeddedUnavailable as error:
        print(error, file=sys.stderr)
        return 3
    uri = embedded.uri if embedded else settings.storage.uri.get_secret_value()
    try:
        return asyncio.run(_do(settings, uri, rules, DEEDS[deed]))
    finally:
        if embedded is not None:
            embedded.stop()


async def _do(settings: Settings, uri: str, rules: Rules, deed: Deed) -> int:
    ground: Ground = lay_ground(settings, uri)
    try:
        site = settings.server.public_url.rstrip("/")
        return await deed(ground.vendors.official_account, rules, site)
    except WeChatRefused as refused:
        print(f"menu: WeChat refused it (errcode {refused.errcode})", file=sys.stderr)
        return 4
    except ProviderAmbiguous:
        print("menu: WeChat did not answer; look with diff what it has", file=sys.stderr)
        return 5
    except Refusal as refusal:
        print(f"menu: {refusal.code}: {refusal.message}", file=sys.stderr)
        return 5
    finally:
        await ground.vendors.aclose()
        ground.database.close()


def _tell(changes: list[Difference]) -> None:
    for act, path in changes:
        print(f"{_SIGNS[act]} {path}")
