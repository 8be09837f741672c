import pytest

from domain import db
from domain.community import answers, comments, stats, threads, viewers
from domain.community.errors import DuplicateContent
from domain.community.tables import CommentKind, PostKind
from domain.errors import Forbidden, InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from tests import make


async def write(actor, post_id, body, **options):
    return await comments.publish(actor, post_id, body=body, **options)


async def replies_of(comment_id) -> int:
    return (await threads.by_ids(viewers.Viewer(sees_all=True), [comment_id]))[comment_id]["replies"]


async def test_counts_follow_the_tree(publish, counts, recorded):
    author, other = await make.member_actor(), await make.member_actor()
    post_id = await publish(author, kind=PostKind.QUESTION, title="Q")
    one = await write(other, post_id, "one")
    two = await write(author, post_id, "two", parent_id=one)
    await write(other, post_id, "three", parent_id=two)
    await write(other, post_id, "an answer", kind=CommentKind.ANSWER)
    assert await counts(post_id) == {"comments": 4, "root_comments": 1, "answers": 1}
    assert (await replies_of(one), await replies_of(two)) == (2, 1)
    assert len(await recorded("community.comment.published")) == 4


async def test_what_stands_below_a_deleted_comment_is_not_seen_nor_counted(publish, counts):
    author, other = await make.member_actor(), await make.member_actor()
    post_id = await publish(author)
    one = await write(other, post_id, "one")
    two = await write(author, post_id, "two", parent_id=one)
    await write(other, post_id, "three", parent_id=two)
    await comments.delete(author, two)
    await comments.delete(author, two)
    assert await counts(post_id) == {"comments": 1, "root_comments": 1}
    assert await replies_of(one) == 0
    await comments.undelete(author, two)
    assert await counts(post_id) == {"comments": 3, "root_comments": 1}
    assert await replies_of(one) == 2


async def test_counts_are_the_same_before_and_after_folding(publish, counts):
    author = await make.member_actor()
    post_id = await publish(author)
    one = await write(await make.member_actor(), post_id, "one")
    await write(author, post_id, "two", parent_id=one)
    before = await counts(post_id)
    assert await stats.fold() > 0
    assert await db.value("SELECT count(*) FROM community.stat_delta") == 0
    assert await counts(post_id) == before == {"comments": 2, "root_comments": 1}
    await write(author, post_id, "three")
    await stats.fold()
    recount = await stats.recount_post(post_id)
    assert {name: n for name, n in recount.items() if n} == await counts(post_id)


async def test_an_answer_is_a_root_under_a_question(publish):
    author = await make.member_actor()
    moment = await publish(author)
    with pytest.raises(InvalidInput):
        await write(author, moment, "no", kind=CommentKind.ANSWER)
    question = await publish(author, "Why?", kind=PostKind.QUESTION, title="Why")
    answer = await write(author, question, "yes", kind=CommentKind.ANSWER)
    with pytest.raises(InvalidInput):
        await write(author, question, "no", kind=CommentKind.ANSWER, parent_id=answer)
    assert await db.value("SELECT count(*) FROM community.comment") == 1


async def test_a_parent_of_another_post_is_not_found(publish):
    author = await make.member_actor()
    first, second = await publish(author, "1"), await publish(author, "2")
    comment = await write(author, first, "one")
    with pytest.raises(NotFound):
        await write(author, second, "two", parent_id=comment)
    with pytest.raises(NotFound):
        await write(author, ids.new(), "three")


async def test_the_same_comment_within_five_minutes_is_a_duplicate(publish):
    author = await make.member_actor()
    post_id = await publish(author)
    await write(author, post_id, "Same")
    with pytest.raises(DuplicateContent):
        await write(author, post_id, "same")
    assert await db.value("SELECT count(*) FROM community.comment") == 1


async def test_the_asker_accepts_one_answer_and_a_second_replaces_it(publish, recorded):
    asker, other = await make.member_actor(), await make.member_actor()
    question = await publish(asker, kind=PostKind.QUESTION, title="Why")
    first = await write(other, question, "one", kind=CommentKind.ANSWER)
    second = await write(other, question, "two", kind=CommentKind.ANSWER)
    await answers.accept(asker, first)
    await answers.accept(asker, first)
    await answers.accept(asker, second)
    assert await db.value("SELECT accepted_comment FROM community.post WHERE id = $1", question) == second
    facts = await recorded("community.post.accepted")
    assert [fact["properties"]["comment"] for fact in facts] == [str(first), str(second)]
    assert {fact["member"] for fact in facts} == {asker.member_id}
    assert facts[0]["properties"]["author"] == str(other.member_id)
    assert len(await recorded("community.post.unaccepted")) == 1


async def test_others_do_not_accept(publish):
    asker, other = await make.member_actor(), await make.member_actor()
    question = await publish(asker, kind=PostKind.QUESTION, title="Why")
    answer = await write(other, question, "one", kind=CommentKind.ANSWER)
    comment = await write(other, question, "no answer")
    with pytest.raises(Forbidden):
        await answers.accept(other, answer)
    with pytest.raises(InvalidInput):
        await answers.accept(asker, comment)
    assert await db.value("SELECT accepted_comment FROM community.post WHERE id = $1", question) is None


async def test_deleting_the_accepted_answer_clears_it_for_good(publish):
    asker, other = await make.member_actor(), await make.member_actor()
    question = await publish(asker, kind=PostKind.QUESTION, title="Why")
    answer = await write(other, question, "one", kind=CommentKind.ANSWER)
    await answers.accept(asker, answer)
    await comments.delete(other, answer)
    assert await db.value("SELECT accepted_comment FROM community.post WHERE id = $1", question) is None
    await comments.undelete(other, answer)
    assert await db.value("SELECT accepted_comment FROM community.post WHERE id = $1", question) is None


async def test_threads_are_paged_without_repeats(publish):
    author = await make.member_actor()
    post_id = await publish(author)
    written = [await write(author, post_id, f"comment {n}") for n in range(5)]
    first = await threads.roots(viewers.Viewer(), [post_id], Page(limit=3), "OLDEST")
    assert [row["id"] for row in first[post_id][:3]] == written[:3]
    second = await threads.roots(
        viewers.Viewer(), [post_id], Page(limit=3, after=threads.key(first[post_id][2], "OLDEST")), "OLDEST"
    )
    assert [row["id"] for row in second[post_id]] == written[3:]
