"""The public schema, put together from the area files; ``python -m api.schema`` prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry
from graphql import build_schema, lexicographic_sort_schema, print_schema
from strawberry import Info
from strawberry.printer import print_schema as as_written

from api.access.mutations import AccessMutation
from api.access.queries import AccessQuery
from api.access.types import Approval, Source, StaffAccount
from api.community.circles import CircleMutation
from api.community.configuration import ConfigurationMutation as CommunityConfigurationMutation
from api.community.configuration import ConfigurationQuery as CommunityConfigurationQuery
from api.community.figures import CommunityFiguresQuery
from api.community.mutations import CommunityMutation
from api.community.people import PeopleMutation, PeopleQuery
from api.community.publishing import PublishingMutation, PublishingQuery
from api.community.queries import CommunityQuery
from api.community.ranking import RankingMutation, RankingQuery
from api.community.running_circles import RunningCirclesMutation
from api.community.screening import ScreeningMutation, ScreeningQuery
from api.community.searching import SearchMutation, SearchQuery
from api.community.standing import StandingMutation as TrustMutation
from api.community.types import Circle, Comment, CommunityMember, Post
from api.events.queries import EventsQuery
from api.events.running import RunningMutation
from api.events.taking_part import TakingPartMutation
from api.events.types import Occurrence, Registration, TicketTier
from api.execution import Execution
from api.fields import CONFIG, Node, arg, query
from api.garage.mutations import GarageMutation
from api.garage.queries import GarageQuery
from api.garage.types import Binding, Vehicle
from api.media import Media, MediaMutation, MediaQuery
from api.messaging.mutations import MessagingMutation
from api.messaging.queries import MessagingQuery, MessagingSubscription
from api.messaging.types import InboxItem, Message
from api.moderation.configuring import ModerationConfigurationMutation
from api.moderation.measures import MeasureMutation
from api.moderation.queries import ModerationQuery
from api.moderation.reporting import ReportMutation
from api.moderation.reviewing import ReviewMutation
from api.moderation.types import ModEvent, ModQueue, Policy, Report, ReviewItem, Sanction
from api.operations.mutations import OperationsMutation
from api.operations.queries import OperationsQuery, OperationsSubscription
from api.operations.types import Segment
from api.permissions import ANYONE
from api.points.as_code import AsCodeMutation, AsCodeQuery
from api.points.check_ins import CheckInMutation
from api.points.earn_rules import EarnRuleMutation, HeldAwardQuery
from api.points.enrolments import Enrolment, EnrolmentMutation, EnrolmentQuery
from api.points.gifts import GiftMutation
from api.points.households import HouseholdMutation
from api.points.keeping import KeepingMutation, KeepingQuery
from api.points.missions import Mission, MissionMutation, MissionQuery
from api.points.mutations import PointsMutation
from api.points.paying import PayingQuery
from api.points.policies import PolicyMutation, PolicyQuery
from api.points.previewing import PreviewQuery
from api.points.purchases import Purchase, PurchaseMutation, PurchaseQuery
from api.points.queries import PointsQuery, PointsSubscription
from api.points.referrals import ReferralMutation, ReferralQuery
from api.points.reward_types import Redemption, Reward
from api.points.rewards import RewardMutation, RewardQuery
from api.points.rule_changes import RuleChangeQuery
from api.points.settlement import SettlementQuery
from api.points.studying import StudyMutation, StudyQuery
from api.points.tiers import TierMutation, TierQuery
from api.points.types import EarnRuleVersion, PointsHold, PointsJournal
from api.points.types.gifts import Gift
from api.points.types.studies import Backtest, Correction
from api.points.wallets import WalletMutation, WalletQuery
from api.privacy import Erasure, ExportJob, PrivacyMutation, PrivacyQuery
from api.profile.consents import ConsentMutation, ConsentQuery
from api.profile.definitions import DefinitionMutation, DefinitionQuery
from api.profile.identity_types import IdentityTypeMutation, IdentityTypeQuery
from api.profile.interactions import Interaction
from api.profile.merging import Merge, MergingMutation, MergingQuery
from api.profile.mutations import ProfileMutation
from api.profile.plans import PlansMutation, PlansQuery, TrackingPlan
from api.profile.queries import ProfileQuery, ProfileSubscription
from api.profile.standing import StandingMutation, StandingQuery
from api.profile.types import Member
from api.sends import SendsQuery
from api.services.defining import DefiningMutation
from api.services.mutations import ServicesMutation
from api.services.queries import ServicesQuery
from api.services.types import Appointment, Resource, ServiceOrder, ServiceType, Store
from api.sign_in import SignInMutation
from api.testclock import TestClockMutation
from domain.errors import NotFound
from domain.settings import settings

#: What ``node(id:)`` can find, the most asked for first. Each type's ``load`` shows only what the actor may see.
NODES: list[type] = [
    Member,
    Post,
    Comment,
    Circle,
    Occurrence,
    Registration,
    TicketTier,
    Interaction,
    Approval,
    Source,
    StaffAccount,
    Segment,
    Merge,
    TrackingPlan,
    Vehicle,
    Binding,
    PointsJournal,
    PointsHold,
    Mission,
    Gift,
    EarnRuleVersion,
    Backtest,
    Correction,
    Purchase,
    Enrolment,
    Reward,
    Redemption,
    Store,
    ServiceOrder,
    Appointment,
    ServiceType,
    Resource,
    InboxItem,
    Message,
    ExportJob,
    Erasure,
    CommunityMember,
    Media,
    ReviewItem,
    Report,
    ModEvent,
    Sanction,
    ModQueue,
    Policy,
]


@strawberry.type(description="What can be read.")
class Query(
    ProfileQuery,
    MergingQuery,
    ConsentQuery,
    StandingQuery,
    PlansQuery,
    DefinitionQuery,
    IdentityTypeQuery,
    AccessQuery,
    SendsQuery,
    CommunityQuery,
    CommunityFiguresQuery,
    SearchQuery,
    ModerationQuery,
    ScreeningQuery,
    RankingQuery,
    PeopleQuery,
    CommunityConfigurationQuery,
    PublishingQuery,
    EventsQuery,
    OperationsQuery,
    GarageQuery,
    PointsQuery,
    KeepingQuery,
    SettlementQuery,
    AsCodeQuery,
    RuleChangeQuery,
    WalletQuery,
    PreviewQuery,
    HeldAwardQuery,
    StudyQuery,
    EnrolmentQuery,
    MissionQuery,
    ReferralQuery,
    TierQuery,
    RewardQuery,
    PolicyQuery,
    PurchaseQuery,
    PayingQuery,
    ServicesQuery,
    MessagingQuery,
    PrivacyQuery,
    MediaQuery,
):
    @query("A record by its id, whatever it is.", who=ANYONE)
    async def node(self, info: Info, id: Annotated[UUID, arg("The record's id.")]) -> Node | None:
        for kind in NODES:
            found = await kind.load([id], info.context)
            if id in found:
                return found[id]
        raise NotFound()


@strawberry.type(description="What can be done.")
class Mutation(
    ProfileMutation,
    MergingMutation,
    ConsentMutation,
    StandingMutation,
    PlansMutation,
    DefinitionMutation,
    IdentityTypeMutation,
    SignInMutation,
    AccessMutation,
    CommunityMutation,
    CommunityConfigurationMutation,
    PublishingMutation,
    CircleMutation,
    RunningCirclesMutation,
    ReportMutation,
    ReviewMutation,
    MeasureMutation,
    ModerationConfigurationMutation,
    ScreeningMutation,
    TrustMutation,
    PeopleMutation,
    TakingPartMutation,
    RunningMutation,
    OperationsMutation,
    GarageMutation,
    PointsMutation,
    KeepingMutation,
    AsCodeMutation,
    EarnRuleMutation,
    StudyMutation,
    WalletMutation,
    EnrolmentMutation,
    TierMutation,
    RewardMutation,
    PolicyMutation,
    PurchaseMutation,
    GiftMutation,
    HouseholdMutation,
    CheckInMutation,
    MissionMutation,
    ReferralMutation,
    ServicesMutation,
    DefiningMutation,
    MessagingMutation,
    PrivacyMutation,
    MediaMutation,
    SearchMutation,
    RankingMutation,
):
    pass


@strawberry.type(name="Mutation", description="What can be done.")
class MutationWithTestClock(Mutation, TestClockMutation):
    pass


@strawberry.type(description="What can be followed.")
class Subscription(
    ProfileSubscription,
    OperationsSubscription,
    PointsSubscription,
    MessagingSubscription,
):
    pass


def build(*, has_test_clock: bool, extensions: Sequence[object] = ()) -> strawberry.Schema:
    """The schema; the test clock's mutations are in it only on demand."""
    return strawberry.Schema(
        query=Query,
        mutation=MutationWithTestClock if has_test_clock else Mutation,
        subscription=Subscription,
        types=[*NODES],
        extensions=list(extensions),
        execution_context_class=Execution,
        config=CONFIG,
    )


def sdl(built: strawberry.Schema) -> str:
    """The schema in SDL, sorted."""
    return print_schema(lexicographic_sort_schema(build_schema(as_written(built)))) + "\n"


schema = build(has_test_clock=settings().test_clock)

if __name__ == "__main__":
    print(sdl(schema), end="")  # noqa: T201
