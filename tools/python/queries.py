"""Reads the views and saved queries of an expanded template as Athena would: they parse, and every column that they
name is one of the tables that they read. A view's columns are those that the catalogue says it has.

    queries.py expanded.json
"""

import json
import sys

from sqlglot import parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

# What the two databases are called here.
VIEWS, TABLES = "bellhop", "bellhop_raw"

PRESTO = {"int": "integer", "string": "varchar", "array<string>": "array(varchar)", "map<string,string>": "map(varchar, varchar)",
          "timestamp": "timestamp(3)"}


def checked(sql, known):
    """The query's columns, once every name in it is found among the known tables', by database."""
    return qualify(parse_one(sql, read="athena"), schema=known, db=VIEWS, dialect="athena").named_selects


def view(table):
    """What Athena keeps of a view, before CloudFormation encodes it."""
    join = table["ViewOriginalText"]["Fn::Join"][1]
    text = join[1]["Fn::Base64"]["Fn::Sub"].replace("${Catalog}", VIEWS).replace("${AllRows}", TABLES)
    if [join[0], join[2]] != ["/* Presto View: ", " */"]:
        sys.exit("a view's text is not wrapped as Athena wraps it")
    return json.loads(text)


def saved(query):
    """A saved query, which names the database of all rows if it needs it."""
    return query if isinstance(query, str) else query["Fn::Sub"].replace("${AllRows}", TABLES)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        resources = json.load(file)["Resources"]
    tables = [r["Properties"]["TableInput"] for r in resources.values() if r["Type"] == "AWS::Glue::Table"]
    questions = {k: r["Properties"] for k, r in resources.items() if r["Type"] == "AWS::Athena::NamedQuery"}

    def columns(table):
        return {c["Name"]: c["Type"] for c in table["PartitionKeys"] + table["StorageDescriptor"]["Columns"]}

    problems = []
    views = {t["Name"]: t for t in tables if t["TableType"] == "VIRTUAL_VIEW"}
    known = {VIEWS: {}, TABLES: {}}
    for r in resources.values():  # a view may be over others, and the operations tables are beside the views
        if r["Type"] == "AWS::Glue::Table":
            table = r["Properties"]["TableInput"]
            known[VIEWS if r["Properties"]["DatabaseName"] == {"Ref": "Catalog"} else TABLES][table["Name"]] = columns(table)
    for name, table in views.items():
        kept, said = view(table), columns(table)
        try:
            produced = checked(kept["originalSql"], known)
        except SqlglotError as error:
            problems.append(f"view {name}: {error}")
            continue
        stored = {c["name"]: c["type"] for c in kept["columns"]}
        if produced != list(said) or stored != {c: PRESTO.get(t, t) for c, t in said.items()}:
            problems.append(f"view {name}: its columns are not those of the catalogue, so Athena would call it stale")
    for name, question in questions.items():
        try:
            checked(saved(question["QueryString"]), known)
        except SqlglotError as error:
            problems.append(f"query {name}: {error}")
    for problem in problems:
        print(problem)
    if problems or not views or not questions:
        sys.exit(f"{len(problems)} problems in {len(views)} views and {len(questions)} saved queries")
    print(f"{len(views)} views and {len(questions)} saved queries name only what exists")


if __name__ == "__main__":
    main()
