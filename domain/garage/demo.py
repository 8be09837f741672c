"""The cars of the demonstration brand and who drives them: invented models, the same ones every time."""

from __future__ import annotations

import random
from datetime import timedelta

from domain import clock, db
from domain.actor import SYSTEM
from domain.garage import bindings, vehicles, vin
from domain.garage.tables import Proof
from domain.profile import demo

SOURCE = "demo"
OWNERS = 80
MODELS = (("LUMEN-S", "Lumen S"), ("AURORA-X", "Aurora X"), ("TERRA-7", "Terra 7"))
_TRIMS = ("Long Range", "Performance", "舒享版", "四驱版")
_COLORS = ("云母白", "深空灰", "极光蓝", "赤霞红")


async def load() -> None:
    """Make the cars and bind them to members; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM garage.vehicle WHERE source = $1)", SOURCE):
        return
    dice = random.Random("marque demo garage")  # noqa: S311 - invented cars, the same ones every time
    people = (await demo.members())[:OWNERS]
    cars = [_car(number, dice) for number in range(1, len(people) + 1)]
    if not cars:
        return
    async with db.transaction():
        await vehicles.register(SYSTEM, cars, source=SOURCE)
        for person, car in zip(people, cars, strict=True):
            since = clock.now() - timedelta(days=dice.randint(5, 340), hours=dice.randint(0, 12))
            await bindings.bind(SYSTEM, person, car.vin, Proof.IMPORT, since=since, flags=("historical",))


def _car(number: int, dice: random.Random) -> vehicles.Given:
    code, _ = MODELS[number % len(MODELS)]
    today = clock.now().date()
    text = f"LMX{'SXT'[number % 3]}E1A20{'RST'[number % 3]}A{number:06d}"
    return vehicles.Given(
        vin=text[:8] + vin.expected_digit(text) + text[9:],
        make="Marque",
        model_code=code,
        trim=dice.choice(_TRIMS),
        color=dice.choice(_COLORS),
        model_year=today.year - dice.randint(0, 2),
        odometer_km=dice.randint(50, 60_000),
    )
