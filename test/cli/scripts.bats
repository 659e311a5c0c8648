#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Scripts as people have them: arguments, statuses that are good, and files beside them.

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
  [[ $output == *$'\n'"ok_status:       3"$'\n'* ]]
  rehearse --execute
  [ "$status" = 0 ]
  [ "$(sort "$place/ran" | tr '\n' ' ')" = "vm-1 vm-2 " ]
  [ "$(value '[.targets[] | .outcome, .exit_code, (.attempts | length)] | join(" ")')" = "ok 3 1 ok 3 1" ]
  [[ $output == *"2 ok (exit 3): vm-1, vm-2"* || $output == *"2 ok (exit 3): vm-[1-2]"* ]]
}

write_args_job() {
  cat >"$job" <<'EOF'
version: 1
name: test
script:
  inline: |
    printf '<%s>' "$#" "$@"
  args: [a b, "", -x, {env: TEST_ARG}, "two\nlines", ü]
targets:
  resource_group: rg
  vms: [vm-1, {name: vm-2, args: [own, 2, 3, plain-but-secret]}]
EOF
}

printed() { value "[.targets[] | .stdout] | join(\"|\")"; }

@test "args: all arrive, those of a VM instead of the script's, and what stands behind -- instead of both" {
  export TEST_ARG=s3cr3t-arg
  write_args_job
  rehearse --execute
  [ "$status" = 0 ]
  [ "$(printed)" = '<6><a b><><-x><***><two
lines><ü>|<4><own><2><3><***>' ]
  rehearse --execute --run-dir "$place/words" -- --limit "it's" '' -q
  [ "$(report=$place/words/report.json printed)" = "<4><--limit><it's><><***>|<4><--limit><it's><><***>" ]
  rehearse --execute --run-dir "$place/none" --
  [ "$(report=$place/none/report.json printed)" = '<0>|<0>' ]
  (cd "$place" && mv -- job.yaml -job.yaml && "$azfan" rehearse --execute --run-dir "$place/dash" -- -job.yaml -- x)
  [ "$(report=$place/dash/report.json printed)" = '<1><x>|<1><x>' ]
}

@test "args: secrets are in no plan, no journal, no report; a position is one for all" {
  export TEST_ARG=s3cr3t-arg
  write_args_job
  {
    "$azfan" plan "$job" --az "$stub/az"
    "$azfan" plan "$job" --az "$stub/az" --limit vm-2
    "$azfan" plan "$job" --az "$stub/az" -- 1 2 3 s3cr3t-word
    "$azfan" rehearse "$job" --execute --report "$place/report.html" --run-dir "$place/one"
    "$azfan" rehearse "$job" --execute --run-dir "$place/two" -- 1 2 3 s3cr3t-word
  } >"$place/shown" 2>&1
  [ "$(grep -cF "'***'" "$place/shown")" = 3 ]
  [ "$(jq -c 'select(.event == "run").overrides.args' "$place/two/journal.jsonl")" = '["1","2","3",null]' ]
  run grep -rE 's3cr3t|plain-but-secret' "$place" --exclude=job.yaml
  [ "$status" = 1 ] || { echo "$output"; return 1; }
}

@test "args: a rerun takes what the run had, but no secret, and others behind --" {
  export TEST_ARG=s3cr3t-arg
  write_args_job
  sed -i 's/{name: vm-2.*/vm-2]/' "$job"
  rehearse --execute --inject vm-1=busy -- 1 2
  [ "$status" = 5 ]
  run "$azfan" rerun "$place/run" --execute --run-dir "$place/again" --inject vm-1=not_running
  [ "$status" = 5 ]
  run "$azfan" rerun "$place/again" --execute --run-dir "$place/third"
  [ "$status" = 0 ]
  [ "$(report=$place/third/report.json printed)" = '<2><1><2>' ]
  rehearse --execute --inject vm-1=busy --run-dir "$place/secret" -- 1 2 3 4
  run "$azfan" rerun "$place/secret" --execute
  [ "$status" = 2 ]
  [[ $output == *"argument 4 was given after -- in "*" and is a secret, which is not kept: give all arguments again, after --"* ]]
  run "$azfan" rerun "$place/secret" --execute --run-dir "$place/fifth" -- one
  [ "$status" = 0 ]
  [ "$(report=$place/fifth/report.json printed)" = '<1><one>' ]
}

@test "args: what is wrong with one behind -- is told once, and not of the job file" {
  export TEST_ARG=s3cr3t-arg
  write_args_job
  rehearse -- fine $'\xff'
  [ "$status" = 2 ]
  [ "$output" = 'azfan: --: the value of argument 2 is not UTF-8' ]
  rehearse -- "$(head -c 32769 /dev/zero | tr '\0' x)"
  [ "$status" = 2 ]
  [ "$output" = 'azfan: --: the value of argument 1 is longer than 32 KiB' ]
}

@test "args: -- elsewhere is what it was" {
  write_job
  "$azfan" check -q -- "$job"
  "$azfan" targets --names -- "$job"
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/--" --set --
  [ "$status" = 2 ]
  [[ $output == *"--set: write NAME=VALUE"* ]]
  run "$azfan" run --az "$stub/az" -- "$job" "$job"
  [ "$status" = 2 ]
  [[ $output == *"takes one job file, not 2"* ]]
  run "$azfan" run --az "$stub/az" --
  [ "$status" = 2 ]
  [[ $output == *"which job? azfan run JOB"* ]]
}

write_files_job() {
  mkdir -p "$place/conf"
  echo 'say() { echo "lib says $1"; }' >"$place/lib.sh"
  printf 'a\r\nb' >"$place/conf/app.conf"
  printf '#!/bin/sh\necho "tool $1"\n' >"$place/tool"
  chmod 700 "$place/tool"
  cat >"$place/script.sh" <<'EOF'
folder=${AZFAN_FILES%%:*}
. "$folder/lib.sh"
say "$1"
"$folder/tool" "${AZFAN_FILES#"$folder"}"
od -An -c "$folder/conf/app.conf"
. "$(dirname "$0")/nowhere.sh"
EOF
  write_job
  sed -i 's|  inline: .*|  file: script.sh\n  args: [it]\n  files: [lib.sh, conf/app.conf, tool]|' "$job"
}

@test "files: they are beside the script on the VM, and gone afterwards; plan lists them" {
  vms='vm-[1-2]' write_files_job
  rehearse --execute
  [ "$(value '.targets[0] | .stdout')" = "lib says it
tool :lib.sh:conf/app.conf:tool
   a  \r  \n   b" ]
  [[ $(value '.targets[0] | .stderr') == *"nowhere.sh"* ]]
  [[ $(value '.targets[0] | .stderr') != *azfan-* ]]
  nothing_is_left
  run "$azfan" plan "$job" --az "$stub/az"
  [[ $output == *"Files (3, "*" bytes when packed):
  lib.sh: 30 bytes
  conf/app.conf: 4 bytes
  tool: 25 bytes, executable
"* ]]
  [ "$(value '.job.files | map(.name) | join(" ")')" = "lib.sh conf/app.conf tool" ]
}

@test "files: a rerun tells which have changed" {
  vms='vm-[1-2]' write_files_job
  sed -i '$d' "$place/script.sh"
  rehearse --execute --inject vm-1=busy
  [ "$status" = 5 ]
  echo >>"$place/lib.sh"
  chmod 600 "$place/tool"
  run "$azfan" rerun "$place/run" --execute
  [ "$status" = 2 ]
  [[ $output == *"a file of the script has changed since "*": lib.sh"*"has gained or lost its executable bit since "*": tool"*"add --changed"* ]]
  [ "$(grep -c " since " <<<"$output")" = 2 ]
  chmod 700 "$place/tool"
  run "$azfan" rerun "$place/run" --execute --changed --run-dir "$place/again"
  [ "$status" = 0 ]
}

@test "files: names that are one where names have no case are refused for Windows alone" {
  write_job
  mkdir "$place/Lib"
  touch "$place/lib" "$place/Lib/a" "$place/é" "$place/É"
  sed -i 's|^  inline: .*|&\n  files: [lib, Lib/a, é, É]|' "$job"
  "$azfan" check -q "$job"
  sed -i 's|^  inline: .*|&\n  shell: powershell|' "$job"
  run "$azfan" check -q "$job"
  [ "$status" = 2 ]
  [ "$output" = "$job:6:16: lib and Lib/a: one is a folder and the other a file, and without regard to case, as on Windows, they have the same name
$job:6:26: É is named twice" ]
}

@test "--set: what is wrong with a value is told once" {
  write_job
  sed -i 's|^  inline: .*|&\n  parameters: {P: x}|; s|^  vms: .*|  vms: [a, {name: b, parameters: {P: y}}]|' "$job"
  run "$azfan" rehearse "$job" --set "P=$(printf '\377')"
  [ "$status" = 2 ]
  [ "$output" = 'azfan: --set: the value of P is not UTF-8' ]
}

@test "files: too much for Azure is told by check, with the largest of them" {
  vms='vm-1' write_files_job
  head -c 200000 /dev/urandom >"$place/conf/app.conf"
  run "$azfan" check "$job"
  [ "$status" = 2 ]
  [[ $output == *"the script and its files are too large: "*" more than the 190 KiB that Azure takes; the largest file is conf/app.conf with 200000 bytes"* ]]
  yes | head -c 2000000 >"$place/conf/app.conf"
  "$azfan" check -q "$job"
}
