"""WeChat's official account, asynchronously: wechatpy writes the payloads, aiohttp carries them."""
