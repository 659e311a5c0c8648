#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""steps.py FILE FOLDER: the steps of a CI file, each a script in FOLDER that bash can run.

Writes NUMBER-JOB.sh for each step that is a script, in order, with the environment that the file
gives it in front. What the service fills in, ${{ EXPRESSION }} and $(VARIABLE), is looked up in the
environment under the last word of its name in capitals. Prints JOB, whether the step also runs after a failure
("always"), and the file; for a step that is no script JOB, "always" or "-", and what it uses.
"""
import json
import os
import re
import shlex
import sys

import yaml


def fill_in(text):
    def look_up(match):
        name = re.split(r"[.\s]", match.group(1).strip())[-1]
        return os.environ[name.upper()]

    return re.sub(r"\$\(([A-Za-z][A-Za-z.]*|[A-Z_]+)\)", look_up, re.sub(r"\$\{\{(.*?)\}\}", look_up, text))


def list_jobs(file):
    """NAME, the job's own environment, its steps."""
    if isinstance(file["jobs"] if "jobs" in file else None, dict):  # GitHub Actions
        for name, job in file["jobs"].items():
            yield name, job.get("env", {}), job["steps"]
        return
    for stage in file["stages"]:  # Azure Pipelines
        for job in stage["jobs"]:
            steps = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
            yield stage["stage"], {}, steps


def script_of(step):
    return step.get("run") or step.get("bash") or step.get("inputs", {}).get("inlineScript")


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        file = yaml.safe_load(stream)
    count = 100
    for job, environment, steps in list_jobs(file):
        for step in steps:
            when = "always" if "always()" in (step.get("if") or step.get("condition") or "") else "-"
            script = script_of(step)
            if script is None:
                print(job, when, json.dumps(step))
                continue
            # What a person chose must come by the environment: in the text it would be code.
            assert "${{" not in script, script
            count += 1
            path = f"{sys.argv[2]}/{count}-{job}.sh"
            with open(path, "w", encoding="utf-8") as out:
                for name, value in {**environment, **step.get("env", {})}.items():
                    out.write(f"export {name}={shlex.quote(fill_in(str(value)))}\n")
                out.write(fill_in(script) if "$(reports)" in script else script)
                out.write("\n")
            print(job, when, path)


main()
