"""Prints a SAM template as CloudFormation gets to see it, with SAM's transform applied, as JSON.

    expand.py template.yaml
"""

import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402


class NoAccount:
    """Stands in for the account in which SAM looks up managed policies that a template names. Ours names none."""

    def load(self):
        raise SystemExit("expand.py: the template names a managed policy, which only an account can look up")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml_parse(file)
    # `sam package` knows where the code is in S3; until then any address will do.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    json.dump(transform(template, {}, NoAccount()), sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
