"""The one place that knows all areas: what each of them registers. API, workers and command line import it.

Each list is in the order in which it is worked off. Nothing below imports this module; areas get what they need as
arguments, or through the registries of the foundation that :func:`start` fills.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from domain.access import approvals
from domain.access import due as access_due
from domain.access import lifecycle as access_lifecycle
from domain.access import seed as access_seed
from domain.capacity import expiry as capacity_expiry
from domain.capacity import lifecycle as capacity_lifecycle
from domain.community import circle_auto as community_circles
from domain.community import demo as community_demo
from domain.community import desk_lifecycle as community_desk_lifecycle
from domain.community import desk_seed as community_desk_seed
from domain.community import due as community_due
from domain.community import heat as community_heat
from domain.community import hot_list as community_hot_list
from domain.community import importers as community_importers
from domain.community import lifecycle as community_lifecycle
from domain.community import objecting as community_objecting
from domain.community import people_lifecycle as community_people
from domain.community import portrait as community_portrait
from domain.community import publishing_demo as community_publishing_demo
from domain.community import publishing_lifecycle as community_publishing_lifecycle
from domain.community import screening_demo as community_screening_demo
from domain.community import search_index as community_search
from domain.community import stats as community_stats
from domain.community.desk import demo as desk_demo
from domain.community.desk import routing as desk_routing
from domain.community.desk import sanctioning as desk_sanctioning
from domain.community.screening import rescans as community_rescans
from domain.events import demo as events_demo
from domain.events import due as events_due
from domain.events import lifecycle as events_lifecycle
from domain.events import occurrences as events_occurrences
from domain.foundation import lifecycle
from domain.foundation.importing import Importer
from domain.foundation.lifecycle import Lifecycle
from domain.foundation.sweeps import Sweep
from domain.garage import bindings as garage_bindings
from domain.garage import demo as garage_demo
from domain.garage import lifecycle as garage_lifecycle
from domain.garage import vehicles as garage_vehicles
from domain.garage import wmis as garage_wmis
from domain.media import lifecycle as media_lifecycle
from domain.media import processing as media_processing
from domain.media import purging as media_purging
from domain.messaging import delivery as messaging_delivery
from domain.messaging import demo as messaging_demo
from domain.messaging import lifecycle as messaging_lifecycle
from domain.messaging import reaching as messaging_reaching
from domain.messaging import reacting as messaging_reacting
from domain.messaging import smtp
from domain.operations import demo as operations_demo
from domain.operations import lifecycle as operations_lifecycle
from domain.operations import reacting as operations_reacting
from domain.operations import sweeping as operations_sweeping
from domain.points import commerce as points_commerce
from domain.points import demo as points_demo
from domain.points import engagement as points_engagement
from domain.points import enrolment_import as points_enrolment_import
from domain.points import following as points_following
from domain.points import health as points_health
from domain.points import importers as points_importers
from domain.points import kinds as points_kinds
from domain.points import lifecycle as points_lifecycle
from domain.points import marking as points_marking
from domain.points import membership_demo as points_membership_demo
from domain.points import operating as points_operating
from domain.points import portrait as points_portrait
from domain.points import purchase_import as points_purchase_import
from domain.points import purchase_rules
from domain.points import referrals as points_referrals
from domain.points import reward_import as points_reward_import
from domain.points import rewards as points_rewards
from domain.points import seed as points_seed
from domain.points import standing_keeping as points_standings
from domain.points import sweeps as points_sweeps
from domain.points.households import demo as points_household_demo
from domain.points.households import lifecycle as points_households
from domain.profile import computed as profile_computed
from domain.profile import consents as profile_consents
from domain.profile import demo as profile_demo
from domain.profile import demo_reports as profile_demo_reports
from domain.profile import erasure, exports, portrait, privacy, relations, report_rules, seed
from domain.profile import importers as profile_importers
from domain.profile import lifecycle as profile_lifecycle
from domain.profile import merging as profile_merging
from domain.profile import standing as profile_standing
from domain.profile.drain import Reaction
from domain.profile.imports import interactions as profile_interactions_import
from domain.profile.imports import people as profile_people_import
from domain.profile.imports import tags as profile_tags_import
from domain.services import demo as services_demo
from domain.services import lifecycle as services_lifecycle
from domain.services import stores as services_stores
from domain.services import sweeps as services_sweeps

#: The drain's reactions, in order: points, messaging, garage, community, events, services, operations.
reactions: list[Reaction] = [
    profile_computed.REACTION,
    points_commerce.REACTION,
    points_marking.REACTION,
    points_referrals.REACTION,
    points_following.REACTION,
    points_standings.REACTION,
    messaging_reacting.REACTION,
    community_circles.REACTION,
    events_due.REACTION,
    operations_reacting.REACTION,
]

#: What falls due by time alone.
sweeps: list[Sweep] = [
    *access_due.SWEEPS,
    media_processing.SWEEP,
    media_purging.SWEEP,
    profile_consents.SWEEP,
    profile_computed.SWEEP,
    profile_standing.SWEEP,
    exports.SWEEP,
    erasure.SWEEP,
    capacity_expiry.SWEEP,
    *services_sweeps.SWEEPS,
    *points_sweeps.SWEEPS,
    points_standings.SWEEP,
    *messaging_delivery.SWEEPS,
    community_stats.FOLD,
    community_rescans.SWEEP,
    desk_routing.SWEEP,
    desk_sanctioning.SWEEP,
    *community_due.SWEEPS,
    community_circles.SWEEP,
    community_search.SWEEP,
    community_heat.SWEEP,
    community_hot_list.SWEEP,
    operations_sweeping.SWEEP,
    *events_due.SWEEPS,
]

#: What areas do when members merge, part, export or leave; top to bottom of the house, so that the profile is last.
lifecycles: list[Lifecycle] = [
    operations_lifecycle.LIFECYCLE,
    events_lifecycle.LIFECYCLE,
    services_lifecycle.LIFECYCLE,
    garage_lifecycle.LIFECYCLE,
    community_publishing_lifecycle.LIFECYCLE,
    community_lifecycle.LIFECYCLE,
    community_desk_lifecycle.LIFECYCLE,
    community_people.LIFECYCLE,
    capacity_lifecycle.LIFECYCLE,
    messaging_lifecycle.LIFECYCLE,
    points_lifecycle.LIFECYCLE,
    points_engagement.LIFECYCLE,
    points_households.LIFECYCLE,
    privacy.LIFECYCLE,
    profile_lifecycle.LIFECYCLE,
    media_lifecycle.LIFECYCLE,
    access_lifecycle.LIFECYCLE,
]

#: Parts of the portrait from higher areas, by name.
portrait_parts: dict[str, Callable[[UUID], Awaitable[object]]] = {
    "points": points_portrait.part,
    "community": community_portrait.of,
    "reachability": messaging_reaching.part,
}

#: What a fresh database starts with, in the areas' order; each is quick and changes nothing when it is there already.
seeds: list[Callable[[], Awaitable[None]]] = [
    access_seed.first_admin,
    seed.identity_types,
    seed.consent_purposes,
    seed.traits,
    points_seed.programme,
    garage_wmis.seed,
    community_desk_seed.sow,
]

#: The invented brand of the demonstration, in the areas' order; only loaded into a database without members.
demos: list[Callable[[], Awaitable[None]]] = [
    profile_demo.load,
    garage_demo.load,
    services_demo.load,
    community_demo.load,
    community_publishing_demo.load,
    desk_demo.load,
    community_screening_demo.load,
    points_demo.load,
    points_membership_demo.load,
    points_household_demo.load,
    operations_demo.load,
    events_demo.load,
    messaging_demo.load,
    profile_demo_reports.load,
]

#: What an approval may run when a second person signs it.
commands: list[approvals.Command] = [
    erasure.COMMAND,
    *points_operating.COMMANDS,
    points_rewards.COMMAND,
    approvals.Command(
        garage_bindings.DECIDE, garage_bindings.run_decision, frozenset({"operator", "approver"})
    ),
    *events_occurrences.COMMANDS,
    *desk_sanctioning.COMMANDS,
    profile_merging.COMMAND,
]

#: Kind of `marque import KIND FILE` -> its importer.
importers: dict[str, Importer] = {
    importer.kind: importer
    for importer in (
        profile_importers.MEMBERS,
        profile_interactions_import.INTERACTIONS,
        *profile_people_import.ALL,
        profile_tags_import.TAGS,
        points_importers.ENTRIES,
        points_purchase_import.PURCHASES,
        points_enrolment_import.ENROLMENTS,
        *points_reward_import.ALL,
        *community_importers.ALL,
    )
}


def start() -> None:
    """Fill the registries of the lower rooms; each process calls it once (a second call changes nothing)."""
    lifecycle.areas[:] = lifecycles
    for command in commands:
        approvals.register(command)
    portrait.providers.clear()
    portrait.providers.update(portrait_parts)
    relations.finders.update({"VEHICLE": garage_vehicles.find, "STORE": services_stores.find})
    messaging_delivery.objections[:] = [community_objecting.to]
    smtp.register()
    for kind in (points_kinds.ORDER_PAID, points_kinds.ORDER_REFUNDED):
        report_rules.selling[kind.name] = purchase_rules.wrong_report


async def verify_ledger() -> list[str]:
    """What breaks the ledger's invariants, one sentence each."""
    return await points_health.violations()


async def seed_brand() -> None:
    """Make the brand that every database starts with, where it is not there yet."""
    for sow in seeds:
        await sow()


async def load_demo() -> None:
    """Load the demonstration brand, where it is not there yet."""
    for demo in demos:
        await demo()


start()
