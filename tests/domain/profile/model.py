"""Who is who, in plain Python: the reference that the resolution, merges and their undo are compared with.

Members are numbered in the order in which they are made. Facts (counts, traits, points) stay with the member that
they were written with; a root is the sum of its members.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

PRIORITY = {"user_id": 1, "phone": 2, "email": 5, "anonymous_id": 20, "device_id": 20}
LIMIT = {"user_id": 1, "phone": 1, "email": 5, "anonymous_id": 50, "device_id": 50}
ANONYMOUS = {"anonymous_id", "device_id"}

Name = tuple[str, str]


def rank(name: Name) -> tuple[int, str, str]:
    """Strongest first."""
    return PRIORITY[name[0]], *name


@dataclass
class Merge:
    winner: int
    loser: int
    moved: list[int]
    is_undone: bool = False


@dataclass
class Model:
    root: list[int] = field(default_factory=list)
    owner: dict[Name, int] = field(default_factory=dict)
    verified: set[Name] = field(default_factory=set)
    shared: set[Name] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)
    facts: list[Counter] = field(default_factory=list)
    traits: list[dict[str, tuple[int, int, str]]] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def add(self) -> int:
        self.root.append(len(self.root))
        self.facts.append(Counter())
        self.traits.append({})
        self.points.append(0)
        self.seen.append(10**6)
        return self.root[-1]

    def members(self, root: int) -> list[int]:
        return [member for member, of in enumerate(self.root) if of == root]

    def names(self, root: int) -> list[Name]:
        return [name for name, member in self.owner.items() if self.root[member] == root]

    def is_identified(self, root: int) -> bool:
        return any(type_ not in ANONYMOUS for type_, _ in self.names(root))

    def resolve(self, given: dict[Name, bool]) -> int | None:
        """The root that the identities mean; None when none is left. ``given`` says which are proved."""
        usable = sorted((name for name in given if name not in self.shared), key=rank)
        if not usable:
            return self.add()
        demoted: list[Name] = []
        while usable:
            owners = {name: self.root[self.owner[name]] for name in usable if name in self.owner}
            contested = self._contested(usable, owners, given)
            if not contested:
                return self._settle(usable, owners, demoted, given)
            demoted.append(max(contested, key=rank))
            usable.remove(demoted[-1])
        return None

    def merge(self, winner: int, loser: int) -> None:
        moved = self.members(loser)
        for member in moved:
            self.root[member] = winner
        self.merges.append(Merge(winner, loser, moved))

    def ranked(self, roots: set[int]) -> list[int]:
        return sorted(
            roots,
            key=lambda root: (
                not self.is_identified(root),
                -sum(name in self.verified for name in self.names(root)),
                min(self.seen[member] for member in self.members(root)),
                root,
            ),
        )

    def can_undo(self, merge: Merge) -> bool:
        standing = all(self.root[member] == merge.winner for member in [*merge.moved, merge.winner])
        return not merge.is_undone and standing

    def undo(self, merge: Merge) -> None:
        for member in merge.moved:
            self.root[member] = merge.loser
        merge.is_undone = True

    def counts_of(self, root: int) -> Counter:
        return sum((self.facts[member] for member in self.members(root)), Counter())

    def set_trait(self, member: int, name: str, at: int, step: int, value: str) -> None:
        """The newest by the time of the fact; of equally new ones the later step (its message id is greater)."""
        self.traits[member][name] = max(self.traits[member].get(name, (-1, -1, "")), (at, step, value))

    def traits_of(self, root: int) -> dict[str, str]:
        """By name the newest value; among equally new ones the root's own, then the later step's."""
        newest: dict[str, tuple[int, bool, int, str]] = {}
        for member in self.members(root):
            for name, (at, step, value) in self.traits[member].items():
                newest[name] = max(newest.get(name, (-1, False, -1, "")), (at, member == root, step, value))
        return {name: found[-1] for name, found in newest.items()}

    def points_of(self, root: int) -> int:
        return sum(self.points[member] for member in self.members(root))

    def _contested(self, usable: list[Name], owners: dict[Name, int], given: dict[Name, bool]) -> set[Name]:
        roots = set(owners.values())
        if len(roots) > 1:
            identified = {root for root in roots if self.is_identified(root)}
            proved = {root for name, root in owners.items() if given[name]}
            if len(identified) > 1 and not identified <= proved:
                return set(owners)
            if self._over(Counter(name[0] for root in roots for name in self.names(root))):
                return set(owners)
        fresh = [name for name in usable if name not in owners]
        carried = Counter(name[0] for root in roots for name in self.names(root))
        over = self._over(carried + Counter(name[0] for name in fresh))
        late = {name for name in fresh if name[0] in over}
        return {*owners, *late} if late else set()

    def _settle(
        self, usable: list[Name], owners: dict[Name, int], demoted: list[Name], given: dict[Name, bool]
    ) -> int:
        if not owners:
            winner = self.add()
        else:
            winner, *losers = self.ranked(set(owners.values()))
            for loser in losers:
                self.merge(winner, loser)
        for name in usable:
            self.owner.setdefault(name, winner)
            if given[name]:
                self.verified.add(name)
        for name in demoted:
            self._note_shared(name, winner)
        return winner

    def _note_shared(self, name: Name, winner: int) -> None:
        if name[0] not in ANONYMOUS or name not in self.owner:
            return
        other = self.root[self.owner[name]]
        if other != winner and self.is_identified(other) and self.is_identified(winner):
            del self.owner[name]
            self.shared.add(name)

    @staticmethod
    def _over(carried: Counter) -> set[str]:
        return {type_ for type_, count in carried.items() if count > LIMIT[type_]}
