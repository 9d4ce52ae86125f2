"""Checks templates with AWS's own validator, offline: fails on anything above a hint.

    validate.py template...
"""

import sys

from cloudformation_validate import CompositeEngine

# Hints that a property cannot be changed in place, that a resource could have tags (they come from the stack), and that
# it could describe itself to machines.
HINTS = "INFO"

# The validator does not look at conditions. Where the parameter is empty, no role has the property; where there is no secret, no
# output names it. cfn-lint looks at both. And it is sam that packages the nested stacks.
KNOWN = (
    ("W1030", "{'Ref': 'PermissionsBoundary'} default ''"),
    ("W1001", "Reference to 'LwaSecret' which is conditional on 'UsesSecretsManager'"),
    ("W3002", "This code may only work with 'package' cli command"),
)


def check(path):
    """Whether the template has nothing above a hint."""
    report = CompositeEngine().validate_template(path)
    problems = [
        d
        for d in report.diagnostics
        if d.severity.name != HINTS
        and not any(d.rule_id == rule and d.message.startswith(message) for rule, message in KNOWN)
    ]
    for problem in problems:
        where = problem.entity.logical_id if problem.entity else "template"
        print(f"{path}: {problem.severity.name} {problem.rule_id} {where}: {problem.message}")
    if not problems:
        print(f"{path}: nothing above {HINTS}, of which there are {len(report.diagnostics)}")
    return not problems


def main():
    if not all([check(path) for path in sys.argv[1:]]):
        sys.exit(1)


if __name__ == "__main__":
    main()
