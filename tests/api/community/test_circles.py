"""Circles through GraphQL: who sees, joins, leaves and runs them; the page's vector A4 among them."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain import db, wiring
from domain.community import circle_auto, circle_roles, circles, mutes, posts
from domain.community.people_tables import MuteKind
from domain.community.tables import CircleKind, CircleRole, CircleVisibility, JoinPolicy, PostKind
from domain.foundation import ids
from domain.profile import drain, interactions, traits
from domain.profile.catalogue import Kind
from tests import make

BOSS = make.staff("moderator")
CIRCLE = """query ($id: ID!) { circle(id: $id) { id slug version memberCount approval autoRule { models cities }
    members { nodes { role rank member { id } } } joinRequests { nodes { state member { id } } } viewer { isMember role state } } }"""
FEED = "query ($id: ID!) { circleFeed(circleId: $id) { nodes { body } } }"
POST = "query ($id: ID!) { post(id: $id) { body } }"


def mutation(name: str, shown: str = "circle { slug version }") -> str:
    success = f"{name[0].upper()}{name[1:]}Success"
    return f"""mutation ($input: {success[:-7]}Input!) {{ {name}(input: $input) {{ __typename
        ... on {success} {{ {shown} }} ... on Refusal {{ message }}
        ... on InvalidInput {{ problems {{ path }} }} }} }}"""


@pytest.fixture
def act(gql):
    """Run a mutation: ``await act("joinCircle", actor, circleId=...)``; answers its result, or the error's code."""

    async def run(name, actor, /, *, shown="circle { slug version }", **given):
        given = {key: str(value) if isinstance(value, UUID) else value for key, value in given.items()}
        answer = await gql(mutation(name, shown), {"input": given}, actor=actor)
        return answer.codes[0] if answer.errors else answer[name]

    return run


async def test_a_private_circle_is_closed_to_outsiders(gql, act, circle_of):
    """A4."""
    lead, asker, outsider = [await make.member_actor() for _ in range(3)]
    circle = await circle_of(visibility=CircleVisibility.PRIVATE, join_policy=JoinPolicy.APPROVAL)
    await circles.join(lead, circle)
    await circles.decide(BOSS, circle, lead.member_id, is_approved=True)
    await circle_roles.set_role(BOSS, circle, lead.member_id, CircleRole.LEAD)
    post = await posts.publish(lead, kind=PostKind.MOMENT, body="among us", circle_id=circle)
    for who in (outsider, asker, None):
        assert (await gql(FEED, {"id": str(circle)}, actor=who)).codes == ["NOT_FOUND"]
        assert (await gql(POST, {"id": str(post)}, actor=who)).codes == ["NOT_FOUND"]
    shown = "post { id }"
    assert await act("publishPost", asker, shown=shown, circleId=circle, body="me too") == "NOT_FOUND"
    assert await act("publishComment", asker, shown="comment { id }", postId=post, body="hm") == "NOT_FOUND"
    card = (await gql(CIRCLE, {"id": str(circle)}, actor=asker))["circle"]
    assert (card["slug"], card["memberCount"], card["members"]["nodes"]) == ("et5", None, [])

    for decision, state, is_in in (("REJECT", "REJECTED", False), ("APPROVE", "ACTIVE", True)):
        await act("joinCircle", asker, circleId=circle)
        waiting = (await gql(CIRCLE, {"id": str(circle)}, actor=lead))["circle"]["joinRequests"]["nodes"]
        assert [(row["state"], row["member"]["id"]) for row in waiting] == [
            ("REQUESTED", str(asker.member_id))
        ]
        assert (await gql(CIRCLE, {"id": str(circle)}, actor=asker))["circle"]["joinRequests"]["nodes"] == []
        given = {"circleId": circle, "memberId": asker.member_id, "decision": decision}
        assert await act("decideJoinRequest", outsider, **given) == "NOT_FOUND"
        assert (await act("decideJoinRequest", lead, **given))["__typename"] == "DecideJoinRequestSuccess"
        card = (await gql(CIRCLE, {"id": str(circle)}, actor=asker))["circle"]
        assert (card["viewer"]["state"], card["viewer"]["isMember"]) == (state, is_in)
    assert (await gql(FEED, {"id": str(circle)}, actor=asker))["circleFeed"]["nodes"] == [
        {"body": "among us"}
    ]
    assert (await act("publishPost", asker, shown=shown, circleId=circle, body="me too"))["post"]


async def test_roles_are_given_by_who_stands_before(gql, act, circle_of):
    lead, helper, other, plain = [await make.member_actor() for _ in range(4)]
    circle = await circle_of(lead, helper, other, plain)

    async def give(actor, to, role, **more):
        answer = await act("setCircleRole", actor, circleId=circle, memberId=to.member_id, role=role, **more)
        return answer if isinstance(answer, str) else answer["__typename"].removeprefix("SetCircleRole")

    assert await give(plain, lead, "LEAD") == "NOT_FOUND"
    assert await give(BOSS, lead, "LEAD") == "Success"
    assert await give(lead, helper, "MODERATOR", rank=1) == "Success"
    assert await give(lead, other, "MODERATOR", rank=5) == "Success"
    assert await give(helper, other, "MEMBER") == "NOT_FOUND"  # a moderator gives no roles
    assert await give(lead, lead, "MEMBER") == "LastLead"
    assert (await act("leaveCircle", lead, circleId=circle))["__typename"] == "LastLead"
    card = (await gql(CIRCLE, {"id": str(circle)}, actor=plain))["circle"]
    assert [(m["role"], m["rank"], m["member"]["id"]) for m in card["members"]["nodes"]] == [
        ("LEAD", 0, str(lead.member_id)), ("MODERATOR", 1, str(helper.member_id)),
        ("MODERATOR", 5, str(other.member_id)), ("MEMBER", 0, str(plain.member_id)),
    ]  # fmt: skip
    out = {"circleId": circle}
    assert await act("removeFromCircle", other, **out, memberId=helper.member_id) == "FORBIDDEN"
    assert await act("removeFromCircle", other, **out, memberId=plain.member_id)
    assert (await gql(CIRCLE, {"id": str(circle)}, actor=plain))["circle"]["viewer"]["state"] == "LEFT"
    assert await give(BOSS, helper, "LEAD") == "Success"
    assert await give(lead, lead, "MEMBER") == "Success"
    assert await give(BOSS, plain, "MODERATOR") == "NOT_FOUND"  # not in it


async def test_who_is_invited_joins_a_circle_by_invitation(gql, act, circle_of):
    lead, guest, outsider = [await make.member_actor() for _ in range(3)]
    circle = await circle_of(visibility=CircleVisibility.PRIVATE, join_policy=JoinPolicy.INVITE)
    assert (await act("inviteToCircle", BOSS, circleId=circle, memberId=lead.member_id))["circle"]
    assert (await act("joinCircle", lead, circleId=circle))["circle"]
    await circle_roles.set_role(BOSS, circle, lead.member_id, CircleRole.LEAD)
    assert await act("joinCircle", guest, circleId=circle) == "NOT_FOUND"
    assert await act("inviteToCircle", outsider, circleId=circle, memberId=guest.member_id) == "NOT_FOUND"
    assert (await act("inviteToCircle", lead, circleId=circle, memberId=guest.member_id))["circle"]
    assert (await gql(CIRCLE, {"id": str(circle)}, actor=outsider)).codes == ["NOT_FOUND"]
    assert (await gql(CIRCLE, {"id": str(circle)}, actor=guest))["circle"]["viewer"]["state"] == "INVITED"
    assert (await act("joinCircle", guest, circleId=circle))["circle"]
    again = await act("inviteToCircle", lead, circleId=circle, memberId=guest.member_id)
    assert again["__typename"] == "IllegalTransition"


async def test_a_circle_is_edited_by_version(gql, act, circle_of):
    lead = await make.member_actor()
    circle = await circle_of(lead)
    await circle_of(slug="taken")
    await circle_roles.set_role(BOSS, circle, lead.member_id, CircleRole.LEAD)
    given = {"circleId": circle, "expectedVersion": 1}
    assert await act("editCircle", await make.member_actor(), **given, name="Mine") == "NOT_FOUND"
    assert await act("editCircle", lead, **given, slug="mine") == "FORBIDDEN"
    assert (await act("editCircle", BOSS, **given, slug="taken"))["__typename"] == "SlugTaken"
    wrong = await act("editCircle", BOSS, **given, name=" ", slug="?", joinPolicy="AUTO")
    assert [problem["path"] for problem in wrong["problems"]] == ["slug", "name", "autoRule"]
    done = await act("editCircle", lead, **given, name="Ours", visibility="PRIVATE", approval="ALL")
    assert done["circle"] == {"slug": "et5", "version": 2}
    assert (await act("editCircle", BOSS, **given, name="Late"))["__typename"] == "VersionConflict"
    assert (await gql(FEED, {"id": str(circle)})).codes == ["NOT_FOUND"]
    assert (await gql(CIRCLE, {"id": str(circle)}, actor=lead))["circle"]["approval"] == "ALL"


async def test_circles_are_listed_in_three_orders(gql, circle_of):
    people = [await make.member_actor() for _ in range(3)]
    for slug, joined in (("bbb", people[:1]), ("aaa", people), ("ccc", people[:1])):
        await circle_of(*joined, slug=slug)
    await circle_of(slug="hidden", visibility=CircleVisibility.UNLISTED)
    query = """query ($order: CircleOrder!, $after: String, $filter: CircleFilter) {
        circles(orderBy: $order, first: 2, after: $after, filter: $filter) { nodes { slug } pageInfo { endCursor } } }"""
    for order, expected in (("NAME", "aaa bbb ccc"), ("MEMBERS", "aaa ccc bbb"), ("NEWEST", "ccc aaa bbb")):
        first = (await gql(query, {"order": order}))["circles"]
        cursor = first["pageInfo"]["endCursor"]
        second = (await gql(query, {"order": order, "after": cursor}))["circles"]
        assert " ".join(c["slug"] for c in [*first["nodes"], *second["nodes"]]) == expected
        other = "NAME" if order != "NAME" else "NEWEST"
        assert (await gql(query, {"order": other, "after": cursor})).codes == ["BAD_INPUT"]
    found = await gql(query, {"order": "NAME", "filter": {"text": "BB", "isJoined": True}}, actor=people[0])
    assert found["circles"]["nodes"] == [{"slug": "bbb"}]


async def test_a_merged_circle_lives_on_in_the_other(gql, act, circle_of):
    both, mover, leaver, asker = [await make.member_actor() for _ in range(4)]
    old, new = await circle_of(both, mover, leaver, slug="old"), await circle_of(both, leaver, slug="new")
    await circles.leave(leaver, new)
    post = await posts.publish(mover, kind=PostKind.MOMENT, body="moved", circle_id=old)
    given = {"circleId": old, "intoCircleId": new, "expectedVersion": 1}
    shown = "memberCount postCount circle { slug memberCount }"
    assert (
        await act("mergeCircles", make.staff("moderator", scopes=(f"circle:{old}",)), **given) == "FORBIDDEN"
    )
    would = await act("mergeCircles", BOSS, shown=shown, **given, dryRun=True)
    assert (would["memberCount"], would["postCount"], would["circle"]["memberCount"]) == (1, 1, 1)
    late = await act("mergeCircles", BOSS, **given | {"expectedVersion": 2})
    assert late["__typename"] == "VersionConflict"
    done = await act("mergeCircles", BOSS, shown=shown, **given)
    assert (done["memberCount"], done["postCount"], done["circle"]) == (
        1,
        1,
        {"slug": "new", "memberCount": 2},
    )
    assert (await gql(CIRCLE, {"id": str(old)}))["circle"]["slug"] == "new"
    assert (await gql(FEED, {"id": str(new)}))["circleFeed"]["nodes"] == [{"body": "moved"}]
    await act("joinCircle", asker, circleId=old)
    await posts.publish(asker, kind=PostKind.MOMENT, body="late", circle_id=old)
    assert len((await gql(FEED, {"id": str(new)}))["circleFeed"]["nodes"]) == 2
    assert (await traits.values_of(mover.member_id))["community.circles"] == ["new"]
    assert (await traits.values_of(leaver.member_id))["community.circles"] == []
    assert await act("mergeCircles", BOSS, **given) == "NOT_FOUND"
    listed = (await gql("{ circles { nodes { slug } } }"))["circles"]["nodes"]
    assert listed == [{"slug": "new"}]
    private = await circle_of(slug="secret", visibility=CircleVisibility.PRIVATE)
    open_up = await act("mergeCircles", BOSS, **given | {"circleId": private})
    assert open_up["problems"] == [{"path": "intoCircleId"}]
    assert str(post)


async def drained(kind: str, member) -> None:
    """Something happened to the member, and the areas reacted."""
    await interactions.record(
        make.staff("operator"), Kind(kind, "", ""), ("MEMBER", member), once=ids.new(), member=member
    )
    await drain.drain_all(wiring.reactions)


async def test_a_circle_by_rule_follows_cars_and_cities_but_nobody_who_left(act, circle_of):
    owner, leaver, local = [await make.member_actor() for _ in range(3)]
    for actor in (owner, leaver):
        await traits.declare(actor.member_id, "vehicle.models", ["S7"])
    await act("createCircle", BOSS, slug="s7", name="S7", kind="MODEL", joinPolicy="AUTO",
              autoRule={"models": ["S7"], "cities": ["上海"]})  # fmt: skip
    circle = await db.value("SELECT id FROM community.circle WHERE slug = 's7'")

    async def people():
        rows = await db.fetch(
            "SELECT member FROM community.circle_member WHERE circle = $1 AND state = 'ACTIVE'", circle
        )
        return {row["member"] for row in rows}

    assert await circle_auto.next_due() is not None
    assert await circle_auto.work_off() == 2
    assert await circle_auto.next_due() is None
    assert await people() == {owner.member_id, leaver.member_id}
    await circles.leave(leaver, circle)
    await traits.put(local.member_id, {"city": "上海"}, at=await db.value("SELECT now()"))
    for actor in (owner, leaver, local):
        await drained("profile.traits.set", actor.member_id)
    assert await people() == {owner.member_id, local.member_id}
    # The car goes, and comes back: so does the place; he who left comes back only by himself.
    for models, is_in in ((None, False), (["S7"], True)):
        await traits.declare(owner.member_id, "vehicle.models", models)
        await drained("garage.vehicle.unbound", owner.member_id)
        assert (owner.member_id in await people()) is is_in
    stranger = await make.member_actor()
    assert (await act("joinCircle", stranger, circleId=circle))["__typename"] == "JoinRefused"
    assert (await act("joinCircle", leaver, circleId=circle))["circle"]
    # Another rule is worked off: who no longer fits leaves, but for those with a role.
    await circle_roles.set_role(BOSS, circle, owner.member_id, CircleRole.LEAD)
    await act("editCircle", BOSS, circleId=circle, expectedVersion=1, autoRule={"cities": ["上海"]})
    await circle_auto.work_off()
    assert await people() == {owner.member_id, local.member_id}
    assert (await traits.values_of(leaver.member_id))["community.circles"] == []


async def test_a_muted_circle_is_not_at_home(gql, circle_of):
    me, other = await make.member_actor(), await make.member_actor()
    circle = await circle_of(me, other, kind=CircleKind.CLUB)
    await posts.publish(other, kind=PostKind.MOMENT, body="noise", circle_id=circle)
    home = "{ homeFeed { nodes { body } } }"
    assert (await gql(home, actor=me))["homeFeed"]["nodes"] == [{"body": "noise"}]
    await mutes.set_mute(me, MuteKind.CIRCLE, str(circle), True)
    assert (await gql(home, actor=me))["homeFeed"]["nodes"] == []
    assert (await gql(FEED, {"id": str(circle)}, actor=me))["circleFeed"]["nodes"] == [{"body": "noise"}]
