"""`python -m sandbox`: serve (the default), `pictures DIR`, or `demo`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from sandbox import demo, pictures
from sandbox.app import listen
from sandbox.state import Credentials, new_state
from sandbox.world import WORLD_FILE, load

_ENVIRONMENT = {
    "tencent_secret_id": "SANDBOX_TENCENT_SECRET_ID",
    "tencent_secret_key": "SANDBOX_TENCENT_SECRET_KEY",
    "eid_merchant_id": "SANDBOX_EID_MERCHANT_ID",
    "aliyun_access_key_id": "SANDBOX_ALIYUN_ACCESS_KEY_ID",
    "aliyun_access_key_secret": "SANDBOX_ALIYUN_ACCESS_KEY_SECRET",
    "sms_sign_name": "SANDBOX_SMS_SIGN_NAME",
    "wechat_app_id": "SANDBOX_WECHAT_APP_ID",
    "wechat_secret": "SANDBOX_WECHAT_SECRET",
    "wechat_token": "SANDBOX_WECHAT_TOKEN",
    "wechat_aes_key": "SANDBOX_WECHAT_AES_KEY",
    "wechat_name": "SANDBOX_WECHAT_NAME",
    "wechat_oauth_domain": "SANDBOX_WECHAT_OAUTH_DOMAIN",
}


def main(words: list[str] | None = None) -> int:
    args = _parser().parse_args(words)
    if args.verb == "pictures":
        return _pictures(args.folder, args.world)
    if args.verb == "demo":
        return demo.run(port=args.port, var=args.var, world=args.world)
    return asyncio.run(_serve(args))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8801, help="0 takes a free port")
    parser.add_argument("--world", type=Path, default=WORLD_FILE)
    parser.add_argument("--server-url", default="", help="the application, for the phone")
    parser.add_argument(
        "--receipt-url",
        default=os.environ.get("SANDBOX_RECEIPT_URL", ""),
        help="where SMS receipts are pushed",
    )
    for name, variable in _ENVIRONMENT.items():
        default = os.environ.get(variable, getattr(Credentials(), name))
        parser.add_argument(f"--{name.replace('_', '-')}", default=default)
    verbs = parser.add_subparsers(dest="verb")
    drawing = verbs.add_parser("pictures", help="draw the sample licences")
    drawing.add_argument("folder", type=Path)
    drawing.add_argument("--world", type=Path, default=WORLD_FILE)
    showing = verbs.add_parser("demo", help="run sandbox and server together")
    showing.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8800))
    showing.add_argument("--var", type=Path, default=Path("var"))
    showing.add_argument("--world", type=Path, default=WORLD_FILE)
    return parser


def _pictures(folder: Path, world: Path) -> int:
    if pictures.cjk_font() is None:
        print(pictures.NO_FONT, file=sys.stderr)
    for path in pictures.write_pictures(load(world), folder):
        print(path)
    return 0


async def _serve(args: argparse.Namespace) -> int:
    state = new_state(
        load(args.world),
        server_url=args.server_url,
        receipt_url=args.receipt_url,
        credentials=Credentials(**{name: getattr(args, name) for name in _ENVIRONMENT}),
    )
    try:
        server = listen(state, args.port)
    except OSError as problem:
        print(f"The sandbox can't listen on port {args.port}: {problem}", file=sys.stderr)
        return 1
    print(f"sandbox listening on {state.base_url}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.stop()
    await server.close_all_connections()
    return 0


if __name__ == "__main__":
    sys.exit(main())
