"""The migrations make the schema that `tables.py` declares, and every distribution has its own branch."""

import re
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from billhook.billing.balancing import balances
from billhook.store import Database, NewerDatabase, NotMigrated, migrations, tables
from billhook.store.database import next_ids
from billhook.store.migrations import BadMigrations


def test_migrations_make_exactly_the_declared_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


def test_migrations_make_what_the_metadata_would_make(database_url: str) -> None:
    """Beside Alembic's comparison, which does not look at collations and checks: the databases' own description."""
    migrated = Database.open(database_url, create=True)
    migrated.upgrade()
    described = _description(migrated.engine)
    with migrated.engine.begin() as connection:
        for trigger in ("journal_no_update", "journal_no_delete", "journal_no_replace") if migrated.is_sqlite else ():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        tables.metadata.drop_all(connection)
        tables.metadata.create_all(connection)
    assert _description(migrated.engine) == described
    migrated.close()


def _description(engine: sa.Engine) -> set[tuple[object, ...]]:
    if engine.dialect.name == "sqlite":
        # The order in which constraints are written differs between the two ways of making a table, and a table that was
        # made by copying has its name in quotes: compare the words.
        query = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%'"
        with engine.connect() as connection:
            return {
                (row.name, row.tbl_name, *sorted(re.findall(r"[^\s,()\"]+", row.sql or "")))
                for row in connection.exec_driver_sql(query)
                if "TRIGGER" not in (row.sql or "") and "alembic" not in row.tbl_name
            }
    queries = (
        """SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass""",
    )
    with engine.connect() as connection:
        return {tuple(row) for query in queries for row in connection.exec_driver_sql(query)}


REVISIONS = [revision.revision for revision in reversed(list(migrations.scripts({}).walk_revisions()))]


@pytest.mark.parametrize("start", REVISIONS)
def test_a_filled_database_of_any_age_is_brought_up_to_date(database_url: str, start: str) -> None:
    database = Database.open(database_url, create=True)
    _upgrade_to(database, start)
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO party (id, number, kind, family_name, given_name, street, postal_code, city, country, identifiers) "
            "VALUES (1, 'K-1', 'person', 'Test', '', '', '', '', '', '{}')"
        )
    database.upgrade()
    database.require_current()
    with database.read() as connection:
        assert connection.scalar(sa.select(tables.party.c.number)) == "K-1"
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []
    database.close()


def test_head_is_the_newest_revision_of_the_core() -> None:
    assert migrations.scripts({}).get_heads() == [tables.HEAD]


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    database.upgrade()
    database.require_current()


def test_an_empty_database_says_what_to_do(database_url: str) -> None:
    database = Database.open(database_url, create=True)
    with pytest.raises(NotMigrated, match="billhook upgrade"):
        database.require_current()
    database.close()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'core_9999'")
    with pytest.raises(NewerDatabase, match=r"core_9999.*upgrade billhook"):
        database.require_current()
    with pytest.raises(NewerDatabase):
        database.upgrade()


@pytest.fixture
def budget_branch(tmp_path: Path) -> Path:
    """A plugin's folder of revisions: one table that links to the core's."""
    folder = tmp_path / "50% of it"  # a path that a configuration parser would stumble over
    folder.mkdir()
    (folder / "budget_0001_first.py").write_text(
        dedent(
            """
            import sqlalchemy as sa
            from alembic import op

            revision = "budget_0001"
            down_revision = None
            branch_labels = ("budget",)
            depends_on = None

            def upgrade():
                op.create_table(
                    "budget_limit",
                    sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("party_id", sa.BigInteger, sa.ForeignKey("party.id")),
                )

            def downgrade():
                op.drop_table("budget_limit")
            """
        )
    )
    return folder


def _versions(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))


def test_a_plugin_brings_its_tables_on_its_own_branch(database_url: str, budget_branch: Path) -> None:
    database = Database.open(database_url, create=True, branches={"budget": budget_branch})
    database.upgrade()
    database.require_current()
    with database.read() as connection:
        assert sa.inspect(connection).has_table("budget_limit")
    assert _versions(database) == {tables.HEAD, "budget_0001"}
    database.close()


def test_a_plugin_that_comes_later_is_asked_for_and_added(database: Database, budget_branch: Path) -> None:
    with_plugin = Database(database.engine, {"budget": budget_branch})
    with pytest.raises(NotMigrated, match="billhook upgrade"):
        with_plugin.require_current()
    with_plugin.upgrade()
    with_plugin.require_current()


def test_a_plugin_that_is_gone_leaves_its_tables_and_comes_back(database: Database, budget_branch: Path) -> None:
    Database(database.engine, {"budget": budget_branch}).upgrade()
    database.require_current()
    database.upgrade()
    assert _versions(database) == {tables.HEAD, "budget_0001"}
    again = Database(database.engine, {"budget": budget_branch})
    again.require_current()
    again.upgrade()


def test_a_database_of_a_newer_plugin_names_the_plugin(database: Database, budget_branch: Path) -> None:
    with_plugin = Database(database.engine, {"budget": budget_branch})
    with_plugin.upgrade()
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = 'budget_0002' WHERE version_num = 'budget_0001'"
        )
    with pytest.raises(NewerDatabase, match=r"budget_0002.*plugin.*'budget'"):
        with_plugin.require_current()


def test_revisions_must_be_named_after_their_branch(database: Database, budget_branch: Path) -> None:
    script = budget_branch / "budget_0001_first.py"
    script.write_text(script.read_text().replace('revision = "budget_0001"', 'revision = "4f3a"'))
    with pytest.raises(BadMigrations, match="4f3a"):
        Database(database.engine, {"budget": budget_branch}).upgrade()


def test_a_branch_must_not_depend_on_another(database: Database, budget_branch: Path) -> None:
    script = budget_branch / "budget_0001_first.py"
    script.write_text(script.read_text().replace("depends_on = None", 'depends_on = "core_0001"'))
    with pytest.raises(BadMigrations, match="depends_on"):
        Database(database.engine, {"budget": budget_branch}).upgrade()


def test_a_missing_folder_of_revisions_is_named(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadMigrations, match="nowhere"):
        Database(database.engine, {"budget": tmp_path / "nowhere"}).upgrade()


def test_a_failing_revision_leaves_nothing_behind(database: Database, budget_branch: Path) -> None:
    script = budget_branch / "budget_0001_first.py"
    script.write_text(
        script.read_text().replace("def downgrade", "    raise RuntimeError('power cut')\n\ndef downgrade")
    )
    with pytest.raises(RuntimeError, match="power cut"):
        Database(database.engine, {"budget": budget_branch}).upgrade()
    with database.read() as connection:
        assert not sa.inspect(connection).has_table("budget_limit")
    assert _versions(database) == {tables.HEAD}


def test_a_filled_database_of_the_first_schema_keeps_what_was_deducted_and_paid(database_url: str) -> None:
    """Deductions of final settlements counted at once; every invoice had one sum of payments."""
    database = Database.open(database_url, create=True)
    _upgrade_to(database, "core_0001")
    filled = """
        INSERT INTO run VALUES (1, 'export', 'vsb', 'finished', '', '', '{}', '', NULL);
        INSERT INTO exchange VALUES (1, 1, 'vsb', '', '', 1, 'answered', '', '{}', '');
        INSERT INTO document VALUES (1, 1, '', '', 'R1', 0, '', 900, 0, 0, 0, 900, 1, 1, '{}');
        INSERT INTO item (id, scheme, provider, number, voucher, line, payer, code, quantity, unit, unit_price, net, vat, gross,
            copayment, own_share, surcharge, state, line_ok, document_ok, document_id, kind, source, body)
            VALUES (7, 'vsb', '', '1', '1', 1, '', '', '1', '', '1', 900, 0, 900, 0, 0, 0, 'rejected', TRUE, TRUE, 1, '', '',
            '{}');
        INSERT INTO receivable VALUES (1, 1, 900, 650, '2025-12-01');
        INSERT INTO deduction VALUES (1, 1, 100, 'item:7 R300540 B100721', 100, FALSE, '');
        INSERT INTO deduction VALUES (2, 1, 150, 'by hand', 40, FALSE, '');
        INSERT INTO id_block VALUES ('deduction', 3);
    """
    with database.write() as connection:
        for statement in filter(str.strip, filled.split(";")):
            connection.exec_driver_sql(statement)
    database.upgrade()
    with database.read() as connection:
        rows = connection.execute(sa.select(tables.deduction).order_by(tables.deduction.c.id)).all()
        assert [(row.item_id, row.amount, row.codes, row.text, row.probability, row.closed) for row in rows] == [
            (7, 100, '["R300540","B100721"]', "", 100, True),
            (None, 150, "[]", "by hand", 40, True),
        ]
        [stands] = balances(connection)
        assert (stands.billed, stands.paid, stands.deducted, stands.open) == (900, 650, 250, 0)
        assert connection.execute(sa.select(tables.allocation.c.receivable_id, tables.allocation.c.amount)).all() == [
            (1, 650)
        ]
    with database.write() as connection:
        assert next_ids(connection, "allocation", 1) == range(2, 3)
    database.close()


def test_payments_and_outcomes_from_before_they_named_items_are_kept(database_url: str) -> None:
    database = Database.open(database_url, create=True)
    _upgrade_to(database, "core_0003")
    filled = """
        INSERT INTO run VALUES (1, 'export', 'vsb', 'finished', '', '', '{}', '', NULL);
        INSERT INTO exchange VALUES (1, 1, 'vsb', '', '', 1, 'answered', '', '{}', '');
        INSERT INTO document VALUES (1, 1, '', '', 'R1', 0, '', 900, 0, 0, 0, 900, 1, 1, '{}');
        INSERT INTO receivable VALUES (1, 1, 900, 650, '2025-12-01');
        INSERT INTO inbound VALUES (1, 'aa', 'a', 1, 'vsb', 1, '', '');
        INSERT INTO outcome (id, inbound_id, ordinal, verdict, exchange, document, item, exchange_id, document_id, amount, codes,
            text, payer, reference) VALUES (1, 1, 1, 'paid', '', 'R1', '', 1, 1, 650, '[]', '', '', 'T1');
        INSERT INTO allocation (id, receivable_id, inbound_id, amount, reference, booked, actor)
            VALUES (1, 1, 1, 650, 'T1', '2025-12-01', 'clerk');
    """
    with database.write() as connection:
        for statement in filter(str.strip, filled.split(";")):
            connection.exec_driver_sql(statement)
    database.upgrade()
    with database.read() as connection:
        [paid] = connection.execute(sa.select(tables.allocation)).all()
        assert (paid.amount, paid.reference, paid.item_id) == (650, "T1", None)
        [said] = connection.execute(sa.select(tables.outcome)).all()
        assert (said.amount, said.about, said.facts, said.matched) == (650, None, None, None)
        [stands] = balances(connection)
        assert (stands.paid, stands.open) == (650, 250)
    database.close()


def _upgrade_to(database: Database, revision: str) -> None:
    """Bring an empty database up to an older revision."""
    config = migrations.configuration({})
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


_STATES = (
    "draft",
    "checked",
    "corrected",
    "batched",
    "sent",
    "accepted",
    "rejected",
    "reduced",
    "settled",
    "superseded",
)


def _item(key: int, state: str) -> dict[str, object]:
    texts = dict.fromkeys(("voucher", "payer", "code", "quantity", "unit", "unit_price", "kind", "source"), "")
    figures = dict.fromkeys(("line", "net", "vat", "gross", "copayment", "own_share", "surcharge"), 0)
    own = {"id": key, "scheme": "toy", "provider": "p1", "number": f"N{key}", "state": state, "body": "{}"}
    return {**texts, **figures, **own, "line_ok": False, "document_ok": False}


def test_a_filled_database_of_the_first_schema_is_upgraded(database_url: str) -> None:
    """Whatever was billed stands in the archive as billed, open items do not; links stay, and so do unique numbers."""
    database = Database.open(database_url, create=True)
    _upgrade_to(database, "core_0001")
    with database.write() as connection:
        item = sa.Table("item", sa.MetaData(), autoload_with=connection)
        connection.execute(item.insert(), [_item(key, state) for key, state in enumerate(_STATES, start=1)])
        correction = {"id": 1, "item_id": 4, "field": "code", "actor": "", "made": "", "finding_code": ""}
        connection.execute(tables.correction.insert(), correction)
    database.upgrade()
    database.require_current()
    with database.read() as connection:
        found = connection.execute(sa.select(tables.item.c.state, tables.item.c.archived)).all()
        assert dict(found) == {
            state: "" if state in ("draft", "checked", "corrected") else "billed" for state in _STATES
        }
        assert connection.scalar(sa.select(tables.correction.c.item_id)) == 4
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(tables.item.insert(), {**_item(99, "draft"), "number": "N4"})
    with database.write() as connection:
        connection.execute(tables.item.update().where(tables.item.c.id == 4).values(source_reset=True))
        connection.execute(tables.item.insert(), {**_item(99, "draft"), "number": "N4"})
    database.close()
