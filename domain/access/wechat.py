"""Sign-in by WeChat, which is OAuth without OpenID Connect: the code is traded, with the app's secret, for who it is.

Two shapes: the open platform (apps and web pages) and mini-programs (``wx.login``). WeChat gives an id of the person
for this app, and one for all apps of the brand where they are joined on the open platform.
"""

from __future__ import annotations

from typing import Any

import httpx

TIMEOUT = httpx.Timeout(5.0)
OPENID, UNIONID = "wechat_openid", "wechat_unionid"

_PATHS = {"WECHAT": "/sns/oauth2/access_token", "WECHAT_MINI": "/sns/jscode2session"}
_CODE = {"WECHAT": "code", "WECHAT_MINI": "js_code"}


async def traded(protocol: str, address: str, app_id: str, secret: str, code: str) -> list[tuple[str, str]]:
    """The identities that WeChat vouches for, the app's own first; what else it answers (keys, tokens) is dropped.

    Raises ValueError with WeChat's error number for a code that it does not accept.
    """
    query = {
        "appid": app_id,
        "secret": secret,
        _CODE[protocol]: code,
        "grant_type": "authorization_code",
    }
    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
        response = await client.get(f"{address}{_PATHS[protocol]}", params=query)
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    if answer.get("errcode") or not answer.get("openid"):
        raise ValueError(f"WeChat error {int(answer.get('errcode') or 0)}")
    found = [(f"{OPENID}:{app_id}", str(answer["openid"]))]
    if answer.get("unionid"):
        found.append((UNIONID, str(answer["unionid"])))
    return found
