"""Prints a SAM template as CloudFormation gets to see it, with SAM's transform applied, as JSON.

    expand.py template.yaml          with the resources of the nested stacks, as one template
    expand.py --alone template.yaml  without them, as CloudFormation gets the file

As one template, a parameter of a nested stack is what the parent passes for it, an output is the value that it has, and a
resource has the condition of its stack besides its own. Logical ids must not repeat.
"""

import json
import os
import re
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

STACK = "AWS::CloudFormation::Stack"
PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9:]+)\}")
OUTPUT = re.compile(r"\$\{([A-Za-z0-9]+)\.Outputs\.([A-Za-z0-9]+)\}")
# In a nested stack these are the nested stack's own, which nobody wants: what a person knows is passed as a parameter.
ITS_OWN = ("AWS::StackName", "AWS::StackId")


class NoAccount:
    """Stands in for the account in which SAM looks up managed policies that a template names. Ours names none."""

    def load(self):
        raise SystemExit("expand.py: the template names a managed policy, which only an account can look up")


def parse(path):
    with open(path, encoding="utf-8") as file:
        return yaml_parse(file)


class Nested:
    """One nested stack: id is its name in the parent, values are those of its parameters."""

    def __init__(self, stack_id, body, folder):
        self.id, self.condition = stack_id, body.get("Condition")
        self.template = parse(os.path.join(folder, body["Properties"]["TemplateURL"]))
        given, declared = body["Properties"].get("Parameters", {}), self.template.get("Parameters", {})
        if set(given) - set(declared):
            self.fail(f"is passed {sorted(set(given) - set(declared))}, which it does not declare")
        self.values = {name: given.get(name, parameter.get("Default")) for name, parameter in declared.items()}
        if None in self.values.values():
            self.fail(f"is not passed {sorted(n for n, v in self.values.items() if v is None)}")

    def fail(self, what):
        sys.exit(f"expand.py: the nested stack {self.id} {what}")

    def resolved(self, value):
        """The value with what the parent passes for the parameters."""
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        (key, argument), *more = list(value.items()) or [(None, None)]
        if not more and key == "Ref":
            if argument in ITS_OWN:
                self.fail(f"refers to {argument}, which is its own")
            return self.values.get(argument, value)
        if not more and key == "Fn::Sub" and isinstance(argument, str):
            return self.substituted(argument)
        if not more and key == "Condition" and isinstance(argument, str):
            return {key: self.id + argument}
        if not more and key == "Fn::If":
            return {key: [self.id + argument[0], *self.resolved(argument[1:])]}
        return {name: self.resolved(item) for name, item in value.items()}

    def substituted(self, text):
        parts = [""]  # texts of a Sub, and values that no Sub can hold
        for i, piece in enumerate(PLACEHOLDER.split(text)):
            value = self.values.get(piece, f"${{{piece}}}") if i % 2 else piece
            if i % 2 and piece in ITS_OWN:
                self.fail(f"names {piece}, which is its own")
            if isinstance(value, dict) and "Ref" in value:
                value = f"${{{value['Ref']}}}"
            elif isinstance(value, dict) and "Fn::GetAtt" in value:
                value = f"${{{'.'.join(value['Fn::GetAtt'])}}}"
            if isinstance(value, dict) or isinstance(parts[-1], dict):
                parts.append(value)
            else:
                parts[-1] += str(value)
        texts = [p if isinstance(p, dict) else {"Fn::Sub": p} for p in parts if p != ""]
        return texts[0] if len(texts) == 1 else {"Fn::Join": ["", texts]}

    def conditions(self):
        own = {"": {"Condition": self.condition}} if self.condition else {}
        for name, condition in self.template.get("Conditions", {}).items():
            own[name] = self.resolved(condition)
            if self.condition:
                own[name] = {"Fn::And": [{"Condition": self.condition}, own[name]]}
        return {self.id + name: condition for name, condition in own.items()}

    def output(self, name):
        if name not in self.template.get("Outputs", {}):
            self.fail(f"has no output {name}")
        return self.resolved(self.template["Outputs"][name]["Value"])

    def resources(self):
        for name, body in self.template["Resources"].items():
            condition = body.pop("Condition", "" if self.condition else None)
            body = self.resolved(body)
            if condition is not None:
                body["Condition"] = self.id + condition
            yield name, body


def with_outputs(value, nested):
    """The value with what the nested stacks' outputs are."""
    if isinstance(value, list):
        return [with_outputs(item, nested) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("Fn::Sub"), str):
        return {"Fn::Sub": OUTPUT.sub(lambda m: f"${{{nested[m[1]].output(m[2])['Ref']}}}", value["Fn::Sub"])}
    attribute = value.get("Fn::GetAtt")
    if attribute and attribute[0] in nested:
        return nested[attribute[0]].output(attribute[1].removeprefix("Outputs."))
    return {name: with_outputs(item, nested) for name, item in value.items()}


def merged(template, folder):
    resources = template["Resources"]
    nested = {n: Nested(n, body, folder) for n, body in resources.items() if body["Type"] == STACK}
    for name, stack in nested.items():
        del resources[name]
        template["Conditions"].update(stack.conditions())
        for logical_id, body in stack.resources():
            if logical_id in resources:
                stack.fail(f"repeats the logical id {logical_id}")
            resources[logical_id] = body
    return with_outputs(template, nested)


def main():
    *options, path = sys.argv[1:]
    template = parse(path)
    # `sam package` knows where the code is in S3; until then any address will do.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    expanded = transform(template, {}, NoAccount())
    if options != ["--alone"]:
        expanded = merged(expanded, os.path.dirname(path))
    json.dump(expanded, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
