"""How our tokens are signed and read again, by PyJWT with EdDSA."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt

from domain import clock
from domain.access import keys
from domain.errors import Unauthenticated

ACCESS, REFRESH = "access", "refresh"
_ISSUER = "marque"


def signed(
    session: UUID,
    *,
    use: str,
    issued_at: datetime,
    expires_at: datetime,
    number: int | None = None,
    is_on_wall_clock: bool = False,
) -> str:
    """A token of this session, signed with the newest key."""
    key = keys.signing()
    claims: dict[str, Any] = {
        "iss": _ISSUER,
        "use": use,
        "sid": str(session),
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    if number is not None:
        claims["num"] = number
    if is_on_wall_clock:
        claims["clk"] = "wall"
    assert key.private is not None
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.kid})


def opened(token: str, *, use: str) -> dict[str, Any]:
    """The claims of one of our tokens that has not run out, or UNAUTHENTICATED."""
    try:
        key = keys.verifying(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise Unauthenticated("This token is not one of ours.")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=["EdDSA"],
            issuer=_ISSUER,
            # The end is judged below: on the brand's clock, which tests move.
            options={
                "verify_exp": False,
                "verify_iat": False,
                "require": ["iss", "use", "sid", "iat", "exp"],
            },
        )
    except jwt.PyJWTError:
        raise Unauthenticated("This token is not one of ours.") from None
    if claims["use"] != use:
        raise Unauthenticated(f"This is no {use} token.")
    if moment(claims["exp"]) <= clock_of(claims):
        raise Unauthenticated("This token has run out; refresh it.")
    return claims


def moment(seconds: Any) -> datetime:
    """A claim in seconds as a time."""
    return datetime.fromtimestamp(int(seconds), UTC)


def clock_of(claims: dict[str, Any]) -> datetime:
    """The present on the clock that judges this token."""
    return datetime.now(UTC) if claims.get("clk") == "wall" else clock.now()
