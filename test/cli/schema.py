#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""schema.py SCHEMA FILE...: does the schema take these job files?

Prints a line for each, "FILE ok" or "FILE wrong: WHERE: WHAT". A file that is no YAML is wrong.
Reads YAML as editors do: by the core schema of YAML 1.2, in which `on` and `no` are texts.
"""
import json
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML with the core schema's few words and numbers."""

    yaml_implicit_resolvers = {}


for tag, pattern, starts in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), starts)
# 012 is twelve there, not ten.
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def judge(validator, path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            job = yaml.load(file, Loader)
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        return "wrong: no YAML: " + str(error).splitlines()[0]
    error = jsonschema.exceptions.best_match(validator.iter_errors(job))
    if error is None:
        return "ok"
    return f"wrong: {'.'.join(map(str, error.absolute_path)) or 'top'}: {error.message[:200]}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for path in sys.argv[2:]:
        print(path, judge(validator, path))


main()
