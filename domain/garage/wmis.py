"""World manufacturer identifiers that ship with the garage, and those that a brand adds.

Facts of the public record: the identifiers that SAE International assigns under ISO 3780 as NHTSA publishes them (vPIC,
public domain) and as makers print them on their cars. The check digit is required in North America (49 CFR 565.15) and
in China (GB 16735); the last positions are digits in North America.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain import db
from domain.foundation import ids
from domain.garage import vin
from domain.garage.tables import CheckDigitPolicy, VehicleClass
from domain.garage.vin import Maker

_CAR = """
1HG US Honda|1G1 US Chevrolet|1G6 US Cadillac|1FA US Ford|1C3 US Chrysler|1N4 US Nissan|1VW US Volkswagen|2HG CA Honda
2T1 CA Toyota|3VW MX Volkswagen|3N1 MX Nissan|4T1 US Toyota|4S3 US Subaru|5NP US Hyundai|5XX US Kia|5YJ US Tesla
7SA US Tesla|JHM JP Honda|JH4 JP Acura|JN1 JP Nissan|JM1 JP Mazda|JF1 JP Subaru|JT2 JP Toyota|JTD JP Toyota|JTH JP Lexus
KMH KR Hyundai|KNA KR Kia|SAJ GB Jaguar|SCC GB Lotus|SCA GB Rolls-Royce|TMB CZ Škoda|VF1 FR Renault|VF3 FR Peugeot
VF7 FR Citroën|VSS ES SEAT|WAU DE Audi|WBA DE BMW|WBS DE BMW M|WDB DE Mercedes-Benz|WDD DE Mercedes-Benz
W1K DE Mercedes-Benz|WP0 DE Porsche|WVW DE Volkswagen|XP7 DE Tesla|YV1 SE Volvo|ZAR IT Alfa Romeo|ZFA IT Fiat
ZFF IT Ferrari|ZHW IT Lamborghini|LBE CN Beijing Hyundai|LBV CN BMW Brilliance|LC0 CN BYD|LE4 CN Beijing Benz
LFM CN FAW Toyota|LFP CN FAW Hongqi|LFV CN FAW-Volkswagen|LGB CN Dongfeng Nissan|LGX CN BYD|LHG CN GAC Honda
LJ1 CN JAC NIO|LMG CN GAC Trumpchi|LRW CN Tesla Shanghai|LS5 CN Changan|LSG CN SAIC-GM|LSJ CN SAIC Motor
LSV CN SAIC Volkswagen|LVG CN GAC Toyota|LVH CN Dongfeng Honda|LVS CN Changan Ford|LVV CN Chery|LW4 CN Li Auto
LB3 CN Geely|L6T CN Geely|LGW CN Great Wall|L1N CN XPeng
"""
_LIGHT_TRUCK = """
1FT US Ford|1GC US Chevrolet|1GN US Chevrolet|1C4 US Chrysler|1C6 US Ram|1J4 US Jeep|1FM US Ford|2T3 CA Toyota
3GN MX Chevrolet|5TD US Toyota|5J6 US Honda|7FC US Rivian|SAL GB Land Rover|WP1 DE Porsche|JTE JP Toyota|LZW CN SAIC-GM-Wuling
"""
_MOTORCYCLE = """
1HD US Harley-Davidson|JH2 JP Honda|JKA JP Kawasaki|JS1 JP Suzuki|JYA JP Yamaha|SMT GB Triumph|WB1 DE BMW|ZDM IT Ducati
"""
_HEAVY = """
1M8 US Motor Coach Industries|1FU US Freightliner|1XK US Kenworth|1XP US Peterbilt|4V4 US Volvo Trucks|WMA DE MAN
YV2 SE Volvo Trucks|YS2 SE Scania
"""
_TRAILER = "1JJ US Wabash|1UY US Utility|1GR US Great Dane|WKE DE Krone|WSM DE Schmitz Cargobull"


def _read(text: str, vehicle_class: VehicleClass) -> Iterable[Maker]:
    for entry in text.strip().replace("\n", "|").split("|"):
        code, country, maker = entry.split(" ", 2)
        is_required = code[0] in "1234567L"
        policy = CheckDigitPolicy.REQUIRED if is_required else CheckDigitPolicy.NOT_USED
        yield Maker(code, maker, country, vehicle_class, policy, has_numeric_end=code[0] in "1234567")


SHIPPED: tuple[Maker, ...] = (
    *_read(_CAR, VehicleClass.CAR),
    *_read(_LIGHT_TRUCK, VehicleClass.LIGHT_TRUCK),
    *_read(_MOTORCYCLE, VehicleClass.MOTORCYCLE),
    *_read(_HEAVY, VehicleClass.HEAVY),
    *_read(_TRAILER, VehicleClass.TRAILER),
)


async def of_vins(vins: Iterable[str]) -> dict[str, Maker]:
    """The makers that these normalised VINs may name, by code."""
    codes = {code for text in vins if vin.problem_of_form(text) is None for code in vin.codes_of(text)}
    rows = await db.fetch(
        "SELECT code, maker, country, vehicle_class, check_digit, has_numeric_end FROM garage.wmi WHERE code = ANY($1)",
        list(codes),
    )
    return {
        row["code"]: Maker(
            row["code"], row["maker"], row["country"], VehicleClass(row["vehicle_class"]),
            CheckDigitPolicy(row["check_digit"]), row["has_numeric_end"],
        )
        for row in rows
    }  # fmt: skip


async def seed() -> None:
    """The shipped identifiers; those that are there (perhaps revised) stay as they are."""
    await db.run_many(
        """INSERT INTO garage.wmi (id, code, maker, country, vehicle_class, check_digit, has_numeric_end)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code) DO NOTHING""",
        [
            (ids.named("wmi", m.code), m.code, m.maker, m.country, m.vehicle_class, m.check_digit, m.has_numeric_end)
            for m in SHIPPED
        ],
    )  # fmt: skip
