"""The menu as an operator publishes it, against the sandbox's WeChat; and a channel's code."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.platforms import ROOT, SECRETS, Running


async def verb(running: Running, *words: str, rules: Path | None = None) -> tuple[int, str]:
    """Exit code and what was said: results, or what is wrong."""
    settings = running.settings
    environment = {
        **os.environ,
        **SECRETS,
        "RQ_MONGODB_URI": settings.storage.uri.get_secret_value(),
        "RQ__STORAGE__DATABASE": settings.storage.database,
        "RQ__SERVER__PUBLIC_URL": settings.server.public_url,
        "RQ__WECHAT__API_ORIGIN": settings.wechat.api_origin,
        "RQ__LOGGING__LEVEL": "WARNING",
        **({"RQ__WECHAT__RULES_FILE": str(rules)} if rules else {}),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server", *words, "--config", "config.yaml"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.shows("F166", "T30")
async def test_a_menu_is_compared_published_and_pulled(running: Running) -> None:
    await running.sandbox.http.delete("/wechat")
    code, said = await verb(running, "menu", "diff")
    assert (code, "+ 我的 / 账号中心" in said) == (1, True)
    code, said = await verb(running, "menu", "push")
    assert code == 0, said
    assert (await verb(running, "menu", "diff")) == (0, "")
    code, said = await verb(running, "menu", "pull")
    ours = yaml.safe_load((ROOT / "wechat.yaml").read_text("utf-8"))["menu"]
    assert yaml.safe_load(said)["menu"] == ours
    async with running.sandbox.http.get("/wechat/chat", params={"person": "zhou"}) as answer:
        shown = (await answer.json())["menu"]["button"]
    addresses = re.findall(rf"{re.escape(running.url)}(/[a-z]*)", str(shown))
    assert "/products" in addresses
    for path in addresses:
        assert (await running.browser().get(path)).status in (200, 303)


async def test_a_menu_that_does_not_fit_is_refused_here(running: Running, tmp_path: Path) -> None:
    rules = tmp_path / "wechat.yaml"
    rules.write_text(
        "welcome: {text: 好}\nmenu: {buttons: [{name: 一二三四五六, url: '{site}/'}]}\n"
    )
    code, said = await verb(running, "menu", "push", rules=rules)
    assert code == 2
    assert "menu.buttons.0" in said and "longer than 4" in said


async def test_when_wechat_refuses_the_number_is_told(running: Running) -> None:
    await running.sandbox.http.delete("/wechat")
    await running.sandbox.fault("wechat.menu", "refuse", times=5, code="40018")
    code, said = await verb(running, "menu", "push")
    assert (code, "40018" in said) == (4, True)


@pytest.mark.shows("F014")
async def test_a_channels_code_is_a_picture_and_counts_begin_at_none(
    running: Running, tmp_path: Path
) -> None:
    picture = tmp_path / "park.svg"
    code, said = await verb(running, "channel", "code", "park-1", str(picture))
    assert code == 0, said
    assert "<svg" in picture.read_text("utf-8")
    assert (await verb(running, "channel", "code", "a b", str(picture)))[0] == 4
    code, said = await verb(running, "channel", "counts")
    assert (code, said) == (0, "channel\tfollowed\tfollowing\taccounts\n")
