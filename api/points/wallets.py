"""Wallets and their policies over GraphQL, for those who set the programme up."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import Info

from api.fields import Input, field, mutation, query, result
from api.permissions import can
from api.refusals import Refusal, refusal
from domain.points import errors, wallets


@strawberry.input(description="A name in both languages.")
class WalletNamesInput:
    zh: str = field("In Chinese.")
    en: str = field("In English.")


@strawberry.input(description="A wallet to make, or to change by its code.")
class DefineWalletInput(Input):
    programme: str = field("The programme's code.", default="marque")
    code: str = field("Its code: 1 to 30 of A-Z, 0-9 and _.")
    names: WalletNamesInput = field("What members call it.")
    scale: int = field("How many digits its amounts have after the point, 0 to 4.", default=0)
    is_spendable: bool = field("Whether it can be spent, held or given away.", default=True)
    has_lots: bool = field("Whether its points expire, so that each lot is known.", default=True)


@strawberry.type(description="What a wallet is called.")
class WalletNames:
    zh: str = field("In Chinese.")
    en: str = field("In English.")


@strawberry.type(description="A kind of worth, as it is defined.")
class WalletType:
    programme: str = field("The programme's code.")
    code: str = field("Its code.")
    names: WalletNames = field("What members call it.")
    scale: int = field("How many digits its amounts have after the point.")
    is_spendable: bool = field("Whether it can be spent, held or given away.")
    has_lots: bool = field("Whether its points expire, so that each lot is known.")

    @classmethod
    def of(cls, row: Any) -> WalletType:
        plain = {name: row[name] for name in ("programme", "code", "scale", "is_spendable", "has_lots")}
        return cls(names=WalletNames(zh=row["names"]["zh"], en=row["names"]["en"]), **plain)


@refusal(errors.WalletFrozen)
class WalletFrozen(Refusal):
    code: str = field("The wallet's code.")


@strawberry.type(description="The wallet is defined.")
class DefineWalletSuccess:
    wallet: WalletType = field("The wallet.")


DefineWalletResult = result("DefineWallet", DefineWalletSuccess, WalletFrozen)


@strawberry.type
class WalletQuery:
    @query("All wallets, as they are defined.", who=can("operator", "approver", "analyst", "admin"))
    async def wallet_types(self) -> list[WalletType]:
        return [WalletType.of(row) for row in await wallets.listed()]


@strawberry.type
class WalletMutation:
    @mutation("Make a wallet, or change one.", who=can("admin"))
    async def define_wallet(self, info: Info, input: DefineWalletInput) -> DefineWalletResult:
        wallet = await wallets.define(
            info.context.actor, programme=input.programme, code=input.code,
            names={"zh": input.names.zh, "en": input.names.en}, scale=input.scale, is_spendable=input.is_spendable,
            has_lots=input.has_lots,
        )  # fmt: skip
        row = next(row for row in await wallets.listed() if row["id"] == wallet)
        return DefineWalletSuccess(wallet=WalletType.of(row))
