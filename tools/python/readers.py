"""Reads a dataset that bellhop has made with readers that know nothing of bellhop, each by its plainest line.

  readers.py BELLHOP   with the libraries of the interpreter that runs it

It writes reports as CSV, has BELLHOP ingest them, and compares what each reader says of the whole tree with what the CSV
says by arithmetic: rows, exact sums, and what filters find. What a reader cannot see any more is an error.
"""

import csv
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import fastparquet
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

UNIT = "amzn1.alexa.unit.did."
LONG = "L" * 1200  # much longer than what statistics keep of a text
UNITS = ["dataset_date"] + [f"unit{what}_level_{n}" for n in (0, 1) for what in ("Id", "Name")]
DAYS = ["2026-11-01", "2026-11-02", "2026-11-03"]
# Each name is one that a filter has to find, and no other.
NAMES = ["Ärger", "Zimmer 東京", "🏨", LONG + "a", LONG + "b", ""]


def device():
    """One day of many long names, so that it has several row groups; one of odd names; one that is empty where it can be."""
    head = UNITS + ["device_count", "active_device_count", "dialog_count", "Guest Mood"]
    rows = [[DAYS[0], UNIT + "org", "Org", f"{UNIT}{n:05}", f"{n:05}{LONG}", 1, n % 2, n, ""] for n in range(9000)]
    rows += [[DAYS[1], UNIT + "org", "Org", f"{UNIT}odd{n}", name, 2, 0, 2**40 + n, "gut ☀"] for n, name in enumerate(NAMES)]
    rows += [[DAYS[2], UNIT + "org", "", f"{UNIT}{n:05}", "", "", "", "", ""] for n in range(5)]
    return head, rows


def communication():
    head = UNITS + ["direction", "sub_experience", "call_provider", "calling_action_count", "calling_duration_minutes",
                    "dropIn_action_count", "dropIn_duration_minutes"]
    rows = [[day, UNIT + "org", "Org", f"{UNIT}{n:05}", f"Room {n}", "Inbound" if n % 2 else "Outbound", "Calling_Voice", "",
             n, f"{n}.{n % 7}00001", "", "0.25"] for day in DAYS for n in range(40)]
    return head, rows


def domain():
    head = UNITS + ["Business Domain", "active_device_count", "dialog_count"]
    return head, [[day, UNIT + "org", "Org", f"{UNIT}{n:05}", f"Room {n}", "Audio", 1, n] for day in DAYS[:2] for n in range(7)]


def metrics():
    """A table without units: instants, columns that are never empty, and numbers in one of two columns."""
    head = ["dataset_date", "skill_id", "stage", "skill_type", "metric", "period", "period_start", "locale", "intent", "statistic",
            "group_field", "group_value", "given", "amount", "reading"]
    rows = [[day, "amzn1.ask.skill.menu", "live", "custom", "totalSessions", "PT15M", f"{day}T{n:02}:30:00.25Z", "" if n % 2 else "de-DE", "", "",
             "", "", "", f"{n}.5", ""] for day in DAYS[:2] for n in range(24)]
    return head, rows + [[DAYS[2], "amzn1.ask.skill.menu", "live", "custom", "uniqueCustomers", "P1D", f"{DAYS[2]}T00:00:00Z", *[""] * 6, "", 12]]


def campaigns():
    """Instants that are missing, and one beyond what nanoseconds of 64 bits hold."""
    head = ["dataset_date", "campaign_id", "campaign_group", "title", "body", "locale", "locales", "template", "content", "targeting_type",
            "target_units", "starts_at", "ends_at", "validation_status", "validation_reason", "target_unit_count"]
    rows = [[day, f"c-{n}", f"g-{n}", NAMES[n], 'two\nlines, "quoted"', "de-DE", "de-DE en-US", "", "[]", "UNITS", "", "2026-10-01T08:00:00Z" if n % 2 else "",
             "9999-12-31T23:59:59.999999Z" if n == 1 else "", "APPROVED", "", n] for day in DAYS[:2] for n in range(len(NAMES))]
    return head, rows


TABLES = {"skill_metrics": metrics(), "asp_campaigns": campaigns(), "asp_device": device(), "asp_communication": communication(), "asp_domain_engagement": domain()}
MEASURES = {"asp_device": ["device_count", "dialog_count"], "asp_communication": ["calling_action_count", "calling_duration_minutes"],
            "asp_domain_engagement": ["dialog_count"], "skill_metrics": ["amount", "reading"], "asp_campaigns": ["target_unit_count"]}
checks = 0


def equal(what, got, want):
    global checks
    checks += 1
    if got != want:
        sys.exit(f"{what}: got {got!r}, want {want!r}")


def tree(bellhop, folder):
    for table, (head, rows) in TABLES.items():
        name = folder / f"{table}.csv"
        with open(name, "w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows([head, *rows])
        subprocess.run([bellhop, "ingest", str(name), "--table", table, "-o", str(folder / "dataset")], check=True, stdout=subprocess.DEVNULL)
    return folder / "dataset"


def plain_lines(path):
    """Each reader's plainest line for a table, as a table of pyarrow."""
    p = str(path)
    every = f"{p}/**/*.parquet"
    return {
        "pandas.read_parquet": lambda: pyarrow.Table.from_pandas(pandas.read_parquet(p)),
        "pyarrow.dataset": lambda: pyarrow.dataset.dataset(p, partitioning="hive").to_table(),
        "pyarrow.parquet.read_table": lambda: pyarrow.parquet.read_table(p),
        "polars.read_parquet": lambda: polars.read_parquet(p).to_arrow(),
        "polars.scan_parquet": lambda: polars.scan_parquet(p).collect().to_arrow(),
        "duckdb read_parquet": lambda: pyarrow.Table.from_pylist(
            [dict(zip(r.columns, row)) for r in [duckdb.sql(f"FROM read_parquet('{every}', hive_partitioning = 1)")] for row in r.fetchall()]),
        "fastparquet": lambda: fastparquet.ParquetFile(p).to_pandas(),
    }


def total(table, column):
    if not isinstance(table, pyarrow.Table):  # fastparquet's decimals are floating-point numbers
        return Decimal(repr(round(float(table[column].sum()), 6)))
    return sum((Decimal(str(v)) for v in table[column].to_pylist() if v is not None and v == v), Decimal(0))


def whole_tables(dataset):
    for table, (head, rows) in TABLES.items():
        for reader, read in plain_lines(dataset / table).items():
            found = read()
            equal(f"rows of {table} by {reader}", len(found), len(rows))
            for measure in MEASURES[table]:
                at = [h.lower() for h in head].index(measure)
                want = sum((Decimal(str(r[at])) for r in rows if r[at] != ""), Decimal(0))
                equal(f"{measure} of {table} by {reader}", total(found, measure), want)
            days = found["dataset_date"].to_pylist() if isinstance(found, pyarrow.Table) else list(found["dataset_date"])
            equal(f"days of {table} by {reader}", sorted({str(d)[:10] for d in days}), sorted({r[0] for r in rows}))


def nested(dataset):
    odd = pyarrow.parquet.ParquetFile(str(dataset / "asp_device" / f"dataset_date={DAYS[1]}" / "local.parquet")).read()
    equal("unit_ids", sorted(odd["unit_ids"].to_pylist())[0], [UNIT + "org", UNIT + "odd0"])
    equal("unit_names", sorted(map(str, odd["unit_names"].to_pylist())), sorted(str(["Org", n or None]) for n in NAMES))
    equal("extra", odd["extra"].to_pylist()[0], [("Guest Mood", "gut ☀")])
    equal("dataset_date is no column of a file", "dataset_date" in odd.column_names, False)
    equal("the file says its format and day", (odd.schema.metadata or {}).get(b"bellhop.dataset_date"), DAYS[1].encode())


def instants(dataset):
    """Readers agree on what an instant is, and a filter on one finds it."""
    path = str(dataset / "skill_metrics")
    every = f"read_parquet('{path}/**/*.parquet', hive_partitioning = 1)"
    at = datetime(2026, 11, 1, 10, 30, 0, 250_000, timezone.utc)
    equal("pyarrow's type of an instant", str(pyarrow.dataset.dataset(path, partitioning="hive").schema.field("period_start").type), "timestamp[us, tz=UTC]")
    found = {
        "pyarrow": pyarrow.dataset.dataset(path, partitioning="hive").to_table(filter=pyarrow.dataset.field("period_start") == at).num_rows,
        "pandas": len(pandas.read_parquet(path, filters=[("period_start", "==", at)])),
        "polars": polars.scan_parquet(path).filter(polars.col("period_start") == at).collect().height,
        "duckdb": duckdb.sql(f"SELECT count(*) FROM {every} WHERE period_start = TIMESTAMPTZ '{at.isoformat()}'").fetchall()[0][0],
        # The instant in UTC, without its zone.
        "fastparquet": int((fastparquet.ParquetFile(path).to_pandas()["period_start"] == pandas.Timestamp(at.replace(tzinfo=None))).sum()),
    }
    for reader, rows in found.items():
        equal(f"{reader} finds an instant", rows, 1)
    file = pyarrow.parquet.ParquetFile(str(dataset / "skill_metrics" / f"dataset_date={DAYS[0]}" / "local.parquet"))
    empty = {f.name: f.nullable for f in file.schema_arrow}
    equal("a required dimension, and one that is not", (empty["metric"], empty["period_start"], empty["locale"]), (False, False, True))
    ends = pyarrow.parquet.read_table(str(dataset / "asp_campaigns"))["ends_at"]
    equal("an instant of the year 9999", [str(pyarrow.compute.max(ends).cast(pyarrow.string()))[:19], ends.null_count], ["9999-12-31 23:59:59", 2 * len(NAMES) - 2])


def filters(dataset):
    """A filter that is pushed down to the statistics finds what a look at every row finds."""
    path = str(dataset / "asp_device")
    every = f"read_parquet('{path}/**/*.parquet', hive_partitioning = 1)"
    head, rows = TABLES["asp_device"]
    name, dialogs = head.index("unitName_level_1"), head.index("dialog_count")
    all_names = [*NAMES[:-1], f"00007{LONG}", f"08999{LONG}", LONG, "nobody", "Ä", "\U0010ffff"]
    for wanted in all_names:
        want = sum(r[name] == wanted for r in rows)
        equal(f"pyarrow finds {wanted[:12]!r}", pyarrow.dataset.dataset(path, partitioning="hive").to_table(
            filter=pyarrow.dataset.field("unit_name") == wanted).num_rows, want)
        equal(f"pandas finds {wanted[:12]!r}", len(pandas.read_parquet(path, filters=[("unit_name", "==", wanted)])), want)
        equal(f"polars finds {wanted[:12]!r}", polars.scan_parquet(path).filter(polars.col("unit_name") == wanted).collect().height, want)
        equal(f"duckdb finds {wanted[:12]!r}", duckdb.execute(f"SELECT count(*) FROM {every} WHERE unit_name = ?", [wanted]).fetchall()[0][0], want)
        above = sum(r[name].encode() > wanted.encode() for r in rows if r[name])
        equal(f"duckdb finds what is above {wanted[:12]!r}", duckdb.execute(f"SELECT count(*) FROM {every} WHERE unit_name > ?", [wanted]).fetchall()[0][0], above)
        equal(f"polars finds what is above {wanted[:12]!r}", polars.scan_parquet(path).filter(polars.col("unit_name") > wanted).collect().height, above)
    # A count is never negative, and a filter that asks for such finds nothing; NULL is on no side of any number.
    for number in (-1, 0, 8999, 2**40 + 3, 2**62):
        want = sum(r[dialogs] != "" and r[dialogs] > number for r in rows)
        equal(f"pyarrow: > {number}", pyarrow.dataset.dataset(path, partitioning="hive").to_table(
            filter=pyarrow.dataset.field("dialog_count") > number).num_rows, want)
        equal(f"polars: > {number}", polars.scan_parquet(path).filter(polars.col("dialog_count") > number).collect().height, want)
        equal(f"duckdb: > {number}", duckdb.sql(f"SELECT count(*) FROM {every} WHERE dialog_count > {number}").fetchall()[0][0], want)
    equal("duckdb: below zero", duckdb.sql(f"SELECT count(*) FROM {every} WHERE dialog_count < 0").fetchall()[0][0], 0)
    empty = sum(r[dialogs] == "" for r in rows)
    equal("duckdb: all NULL", duckdb.sql(f"SELECT count(*) FROM {every} WHERE dialog_count IS NULL").fetchall()[0][0], empty)
    equal("pyarrow: all NULL", pyarrow.dataset.dataset(path, partitioning="hive").to_table(
        filter=pyarrow.dataset.field("dialog_count").is_null()).num_rows, empty)
    equal("duckdb: one day", duckdb.sql(f"SELECT count(*) FROM {every} WHERE dataset_date = DATE '{DAYS[1]}'").fetchall()[0][0], len(NAMES))


def skipping(dataset):
    """What statistics rule out is not read."""
    path = dataset / "asp_device"
    found = pyarrow.dataset.dataset(str(path), partitioning="hive")
    day = list(found.get_fragments(filter=pyarrow.dataset.field("dataset_date") == DAYS[1]))
    equal("files of one day", len(day), 1)
    file = pyarrow.parquet.ParquetFile(str(path / f"dataset_date={DAYS[0]}" / "local.parquet"))
    equal("the long day has several row groups", file.num_row_groups > 1, True)
    fragment = next(iter(found.get_fragments(filter=pyarrow.dataset.field("dataset_date") == DAYS[0])))
    for text in (f"00007{LONG}", f"08999{LONG}"):
        kept = fragment.split_by_row_group(filter=pyarrow.dataset.field("unit_name") == text)
        equal(f"row groups that may have {text[:8]!r}", len(kept), 1)
    equal("row groups that may be negative", len(fragment.split_by_row_group(filter=pyarrow.dataset.field("dialog_count") < 0)), 0)


def main():
    with tempfile.TemporaryDirectory() as folder:
        dataset = tree(sys.argv[1], Path(folder))
        whole_tables(dataset)
        nested(dataset)
        instants(dataset)
        filters(dataset)
        skipping(dataset)
    versions = ", ".join(f"{m.__name__} {m.__version__}" for m in (duckdb, fastparquet, pandas, polars, pyarrow))
    print(f"{checks} comparisons are equal: {versions}")


main()
