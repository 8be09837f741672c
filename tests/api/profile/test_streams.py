"""What is recorded arrives at those who follow a person."""

from __future__ import annotations

import asyncio
from typing import Any

from domain.foundation import ids
from domain.profile import interactions, kinds, merges
from tests import make

ALL = """subscription($id: ID!) { timelineAppended(memberId: $id) {
    kind class subjectId member { id } originMember { id } } }"""
OWN = "subscription { myTimelineAppended { kind member { id } } }"


async def first(operation: str, actor: Any, happen: Any, variables: dict[str, Any] | None = None) -> Any:
    """The first thing that a subscriber hears, while something happens again and again."""
    from api.context import Context
    from api.schema import schema

    context = Context(actor=actor, language="en", request_id="test")
    stream = await schema.subscribe(operation, variable_values=variables, context_value=context)
    heard = asyncio.create_task(anext(stream))
    while not heard.done():
        await happen()
        await asyncio.wait({heard}, timeout=0.2)
    await stream.aclose()
    return heard.result()


async def test_staff_hear_what_happens_to_a_person_also_under_a_merged_id():
    one, two = await make.member_id(), await make.member_id()
    await merges.merge_two(make.staff("operator"), one, two, "one person", one)
    subject = ids.new()

    async def happen() -> None:
        await interactions.record(
            make.staff("operator"), kinds.TAG_ASSIGNED, ("MEMBER", subject), once=ids.new(), member=two
        )

    answer = await first(ALL, make.staff("analyst"), happen, {"id": str(two)})
    assert answer.errors is None
    assert answer.data["timelineAppended"] == {
        "kind": "profile.tag.assigned", "class": "CAUSED", "subjectId": str(subject), "member": {"id": str(one)},
        "originMember": {"id": str(two)},
    }  # fmt: skip


async def test_members_hear_their_own_and_not_what_only_staff_see():
    actor, other = await make.member_actor(), await make.member_actor()

    async def happen() -> None:
        for who, kind in (
            (actor, kinds.TAG_ASSIGNED), (other, kinds.SESSION_STARTED), (actor, kinds.SESSION_STARTED),
        ):  # fmt: skip
            await interactions.record(who, kind, None, once=ids.new())

    answer = await first(OWN, actor, happen)
    assert answer.errors is None
    assert answer.data["myTimelineAppended"] == {
        "kind": "profile.session.started",
        "member": {"id": str(actor.id)},
    }


async def test_only_who_may_read_profiles_follows_others():
    from api.context import Context
    from api.schema import schema

    member = await make.member_id()
    for actor in (make.visitor(), await make.member_actor(), make.staff("moderator")):
        context = Context(actor=actor, language="en", request_id="test")
        answers = await schema.subscribe(ALL, variable_values={"id": str(member)}, context_value=context)
        heard = answers if hasattr(answers, "errors") else await anext(answers)
        assert [error.original_error.code for error in heard.errors] == [
            "UNAUTHENTICATED" if actor.kind == "VISITOR" else "FORBIDDEN"
        ]
