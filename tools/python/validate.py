"""Checks an expanded template with AWS's own validator, offline: fails on anything above a hint.

    validate.py expanded.json
"""

import sys

from cloudformation_validate import CompositeEngine

# Hints that a property cannot be changed in place, that a resource could have tags (they come from the stack), and that
# it could describe itself to machines.
HINTS = "INFO"

# The validator does not look at conditions. Where the parameter is empty, no role has the property; where there is no secret, no
# output names it. cfn-lint looks at both.
CONDITIONAL = (
    ("W1030", "{'Ref': 'PermissionsBoundary'} default ''"),
    ("W1001", "Reference to 'LwaSecret' which is conditional on 'UsesSecretsManager'"),
)


def main():
    report = CompositeEngine().validate_template(sys.argv[1])
    problems = [
        d
        for d in report.diagnostics
        if d.severity.name != HINTS
        and not any(d.rule_id == rule and d.message.startswith(message) for rule, message in CONDITIONAL)
    ]
    for problem in problems:
        where = problem.entity.logical_id if problem.entity else "template"
        print(f"{problem.severity.name} {problem.rule_id} {where}: {problem.message}")
    if problems:
        sys.exit(1)
    print(f"{sys.argv[1]}: nothing above {HINTS}, of which there are {len(report.diagnostics)}")


if __name__ == "__main__":
    main()
