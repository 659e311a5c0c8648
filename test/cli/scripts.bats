#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Scripts as people have them: statuses that are good.

load helper

setup() { setup_place; }

rehearse() { run "$azfan" rehearse "$job" --run-dir "$place/run" "$@"; }

@test "ok_status: what is listed is ok everywhere, with its true status; what is not is failed, 0 too" {
  vms='vm-[1-3]' write_job 'max_failures: 1' 'batches: 1'
  sed -i 's|  inline: .*|&\n  ok_status: [1, 2]|' "$job"
  rehearse --inject vm-1=exit:1 --inject vm-2=exit:2 --report "$place/r.xml" --report "$place/r.csv"
  echo "$output"
  [ "$status" = 3 ]
  [[ $output == *"vm-1  ok "*"the script ended with status 1, which counts as ok: it is listed in ok_status"* ]]
  [[ $output == *"1 ok (exit 1): vm-1"* ]]
  [[ $output == *"1 ok (exit 2): vm-2"* ]]
  [ "$(value '.targets[] | [.name, .outcome, .reason, .exit_code, .message // "-"] | join("|")')" = \
"vm-1|ok||1|the script ended with status 1, which counts as ok: it is listed in ok_status
vm-2|ok||2|the script ended with status 2, which counts as ok: it is listed in ok_status
vm-3|failed|exit|0|the script ended with status 0, which ok_status does not list" ]
  grep -q 'tests="3" failures="1" errors="0"' "$place/r.xml"
  [ "$(grep '^"vm-' "$place/r.csv" | cut -d, -f1,6-8 | tr '\n' ' ')" = '"vm-1",ok,,1 "vm-2",ok,,2 "vm-3",failed,exit,0 ' ]
  # A report of the journal is the report of the run, and a rerun takes only what is not ok.
  "$azfan" report "$place/run" --report "$place/again.json" >/dev/null
  diff "$report" "$place/again.json"
  sed -i 's/ok_status: .*/ok_status: [0, 1]/' "$job"
  run "$azfan" rerun "$place/run"
  [ "$status" = 2 ]
  [[ $output == *"the job file has changed since "* ]]
  run "$azfan" rerun "$place/run" --changed
  [ "$status" = 0 ]
  [[ $output == *"1 ok of 1 target"* ]]
}

@test "ok_status: a plan says it, and a script that ran as it should is not run again" {
  vms='vm-[1-2]' write_job 'idempotent: true' 'retry: {attempts: 3, delay: 0s, on: [exit]}'
  sed -i "s|  inline: .*|  inline: \"echo \$AZFAN_TARGET >>$place/ran; exit 3\"\n  ok_status: 3|" "$job"
  run "$azfan" plan "$job" --az "$stub/az"
  [[ $output == *$'\n'"Ok:              status 3"$'\n'* ]]
  rehearse --execute
  [ "$status" = 0 ]
  [ "$(sort "$place/ran" | tr '\n' ' ')" = "vm-1 vm-2 " ]
  [ "$(value '[.targets[] | .outcome, .exit_code, (.attempts | length)] | join(" ")')" = "ok 3 1 ok 3 1" ]
  [[ $output == *"2 ok (exit 3): vm-1, vm-2"* || $output == *"2 ok (exit 3): vm-[1-2]"* ]]
}
