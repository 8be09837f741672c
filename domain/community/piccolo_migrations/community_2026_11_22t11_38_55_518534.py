from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from enum import Enum
from piccolo.columns.column_types import Array
from piccolo.columns.column_types import BigInt
from piccolo.columns.column_types import Boolean
from piccolo.columns.column_types import Integer
from piccolo.columns.column_types import JSONB
from piccolo.columns.column_types import SmallInt
from piccolo.columns.column_types import Text
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.column_types import Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check
from piccolo.constraints import Unique
from uuid_utils.compat import uuid7

ID = "2026-11-22T11:38:55:518534"
VERSION = "1.38.0"
DESCRIPTION = "adds word rules and screening"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="community", description=DESCRIPTION
    )

    manager.add_table(
        class_name="WordRuleSet",
        tablename="word_rule_set",
        schema="community",
        columns=None,
    )

    manager.add_table(
        class_name="WordRule",
        tablename="word_rule",
        schema="community",
        columns=None,
    )

    manager.add_table(
        class_name="WordRescan",
        tablename="word_rescan",
        schema="community",
        columns=None,
    )

    manager.add_table(
        class_name="Screening",
        tablename="screening",
        schema="community",
        columns=None,
    )

    manager.add_column(
        table_class_name="WordRuleSet",
        tablename="word_rule_set",
        column_name="id",
        db_column_name="id",
        column_class_name="SmallInt",
        column_class=SmallInt,
        params={
            "default": 1,
            "null": False,
            "primary_key": True,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRuleSet",
        tablename="word_rule_set",
        column_name="version",
        db_column_name="version",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRuleSet",
        tablename="word_rule_set",
        column_name="stamp",
        db_column_name="stamp",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRuleSet",
        tablename="word_rule_set",
        column_name="changed_at",
        db_column_name="changed_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="id",
        db_column_name="id",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": uuid7,
            "null": False,
            "primary_key": True,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="pattern",
        db_column_name="pattern",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="kind",
        db_column_name="kind",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": Enum(
                "WordRuleKind",
                {
                    "WORD": "WORD",
                    "WILDCARD": "WILDCARD",
                    "REGEX": "REGEX",
                    "NUMBER": "NUMBER",
                    "DOMAIN": "DOMAIN",
                    "URL": "URL",
                    "ALLOW": "ALLOW",
                },
            ),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="action",
        db_column_name="action",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": Enum(
                "Decision",
                {
                    "ALLOW": "ALLOW",
                    "FLAG": "FLAG",
                    "MASK": "MASK",
                    "HOLD": "HOLD",
                    "REJECT": "REJECT",
                },
            ),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="category",
        db_column_name="category",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="policy",
        db_column_name="policy",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="circles",
        db_column_name="circles",
        column_class_name="Array",
        column_class=Array,
        params={
            "default": None,
            "base_column": UUID(
                default=UUID4(),
                null=False,
                primary_key=False,
                unique=False,
                index=False,
                index_method=IndexMethod.btree,
                choices=None,
                db_column_name=None,
                secret=False,
            ),
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="is_case_sensitive",
        db_column_name="is_case_sensitive",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="boundary",
        db_column_name="boundary",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": "AUTO",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": Enum("Boundary", {"AUTO": "AUTO", "ANY": "ANY"}),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="min_length",
        db_column_name="min_length",
        column_class_name="SmallInt",
        column_class=SmallInt,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="mode",
        db_column_name="mode",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": "LIVE",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": Enum(
                "RuleMode", {"OFF": "OFF", "DRY": "DRY", "LIVE": "LIVE"}
            ),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="version",
        db_column_name="version",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 1,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="anchor",
        db_column_name="anchor",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="anchoring",
        db_column_name="anchoring",
        column_class_name="SmallInt",
        column_class=SmallInt,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="source",
        db_column_name="source",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="external_id",
        db_column_name="external_id",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="changed_at",
        db_column_name="changed_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRule",
        tablename="word_rule",
        column_name="created_at",
        db_column_name="created_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="id",
        db_column_name="id",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": uuid7,
            "null": False,
            "primary_key": True,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="rules",
        db_column_name="rules",
        column_class_name="Array",
        column_class=Array,
        params={
            "default": None,
            "base_column": UUID(
                default=UUID4(),
                null=False,
                primary_key=False,
                unique=False,
                index=False,
                index_method=IndexMethod.btree,
                choices=None,
                db_column_name=None,
                secret=False,
            ),
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="since",
        db_column_name="since",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="until",
        db_column_name="until",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="reached",
        db_column_name="reached",
        column_class_name="BigInt",
        column_class=BigInt,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="state",
        db_column_name="state",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": "DUE",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="scanned",
        db_column_name="scanned",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="hits",
        db_column_name="hits",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="due_at",
        db_column_name="due_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="ended_at",
        db_column_name="ended_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="WordRescan",
        tablename="word_rescan",
        column_name="created_at",
        db_column_name="created_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="id",
        db_column_name="id",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": uuid7,
            "null": False,
            "primary_key": True,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="target_kind",
        db_column_name="target_kind",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="target",
        db_column_name="target",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="rev",
        db_column_name="rev",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 1,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="text_hash",
        db_column_name="text_hash",
        column_class_name="BigInt",
        column_class=BigInt,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="decision",
        db_column_name="decision",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": Enum(
                "Decision",
                {
                    "ALLOW": "ALLOW",
                    "FLAG": "FLAG",
                    "MASK": "MASK",
                    "HOLD": "HOLD",
                    "REJECT": "REJECT",
                },
            ),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="reasons",
        db_column_name="reasons",
        column_class_name="Array",
        column_class=Array,
        params={
            "default": None,
            "base_column": Text(
                default="",
                null=False,
                primary_key=False,
                unique=False,
                index=False,
                index_method=IndexMethod.btree,
                choices=None,
                db_column_name=None,
                secret=False,
            ),
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="spans",
        db_column_name="spans",
        column_class_name="JSONB",
        column_class=JSONB,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="rules_version",
        db_column_name="rules_version",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Screening",
        tablename="screening",
        column_name="created_at",
        db_column_name="created_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_constraint(
        table_class_name="WordRuleSet",
        tablename="word_rule_set",
        constraint_name="there_is_one",
        constraint_class=Check,
        params={"condition": "id = 1"},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="WordRule",
        tablename="word_rule",
        constraint_name="each_rule_once",
        constraint_class=Unique,
        params={
            "columns": ["kind", "pattern", "is_case_sensitive", "circles"],
            "nulls_distinct": True,
        },
        schema="community",
    )

    manager.add_constraint(
        table_class_name="WordRule",
        tablename="word_rule",
        constraint_name="each_external_rule_once",
        constraint_class=Unique,
        params={"columns": ["source", "external_id"], "nulls_distinct": True},
        schema="community",
    )

    return manager
