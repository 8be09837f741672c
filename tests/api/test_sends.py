"""What recording adapters kept."""

from __future__ import annotations

from domain.ports import Send, sender
from tests import make

SENDS = "query($to: String) { recordedSends(channel: SMS, to: $to) { nodes { to template body } } }"


async def test_an_admin_sees_what_would_have_left(gql):
    await sender("SMS").send(Send("SMS", "+8613800138001", "sign_in_code", {"code": "123456"}, key="a"))
    await sender("SMS").send(Send("SMS", "+8613800138001", "sign_in_code", {"code": "123456"}, key="a"))
    await sender("SMS").send(Send("SMS", "+8613800138002", "sign_in_code", {"code": "654321"}))
    answer = await gql(SENDS, {"to": "+8613800138001"}, actor=make.staff("admin"))
    assert answer["recordedSends"]["nodes"] == [
        {"to": "+8613800138001", "template": "sign_in_code", "body": {"code": "123456"}}
    ]


async def test_nobody_else_does(gql):
    assert (await gql(SENDS, actor=make.staff("operator"))).codes == ["FORBIDDEN"]
    assert (await gql(SENDS, actor=await make.member_actor())).codes == ["FORBIDDEN"]
