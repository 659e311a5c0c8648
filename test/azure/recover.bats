#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What Azure still knows of scripts whose end nobody has heard: azfan recover, and rerun, which asks first.
# Every test has a resource group of its own, so the tests know nothing of each other.
#
# shellcheck disable=SC2016,SC2034 # for the VM's shell; for test/run

PART=4 # of them share one simulated Azure: see test/run

bats_require_minimum_version 1.5.0

load helper

# job GROUP VMS SCRIPT: every script says in $T/ran that it runs.
job() {
  cat >"$T/job.yaml" <<END
version: 1
name: recover
client: rest
concurrency: 3
timeout: 100s
script_timeout: 30s
script: {inline: 'echo \$AZFAN_TARGET >>$T/ran; $3'}
targets: {subscription: $SUBSCRIPTION, resource_group: $1, vms: [$2]}
END
}

azfan() {
  XDG_STATE_HOME=$T/state XDG_RUNTIME_DIR=$T/runtime "$AZFAN" "$@"
}

journal() { cat "$T/state/azfan/runs/$1/journal.jsonl" 2>/dev/null; }

count() { journal "$1" | grep -c "\"event\":\"$2\""; }

heard() { [ "$(count "$1" "$2")" -ge "$3" ]; }

# start RUN ARGUMENT...: in the background; its process in $azfan_pid
start() {
  [ -d "$T/runtime" ] || mkdir -m 700 "$T/runtime"
  XDG_STATE_HOME=$T/state XDG_RUNTIME_DIR=$T/runtime "$AZFAN" "${@:2}" --run-id "$1" >"$T/out" 2>&1 </dev/null 3>&- &
  azfan_pid=$!
}

kill_it() {
  kill -s KILL "$azfan_pid"
  wait "$azfan_pid" || :
}

# outcomes RUN: one line per target: name outcome reason recovered
outcomes() {
  azfan report "$1" --report "$T/$1.json" >/dev/null
  jq -r '.targets[] | "\(.name) \(.outcome) \(.recovered)"' "$T/$1.json"
}

# replays RUN: its journal alone makes the report that the run made, byte for byte
replays() { azfan report "$1" --report - --format json | cmp - "$T/state/azfan/runs/$1/report.json"; }

# ran_once: each VM that is in $T/ran is there once
ran_once() { [ "$(sort "$T/ran" | uniq -d)" = '' ]; }

@test "recover: killed while scripts run, and each has its true outcome; rerun runs only the rest" {
  control set '{"vms": {"rg-one/a": {}, "rg-one/b": {}, "rg-one/c": {}, "rg-one/d": {}}}'
  job rg-one 'a, b, c, d' 'echo hello from $AZFAN_TARGET; while [ ! -e '"$T"'/go ]; do sleep 0.1; done; [ $AZFAN_TARGET != b ]'
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 3
  kill_it
  [ "$(outcomes one)" = $'a unknown false\nb unknown false\nc unknown false\nd skipped false' ]
  [ "$(jq '[.targets[] | select(.may_still_run) | .may_run_until != null] | all' "$T/one.json")" = true ]
  azfan report one | grep -q '^Recover: azfan recover one (asks Azure what became of 3 scripts'

  run azfan recover one --dry-run
  [ "$status" = 0 ]
  [[ $output == "one: Azure would be asked what became of 3 targets of 4, which came to"* ]]
  touch "$T/go"
  run azfan recover one --run-id two --progress plain
  echo "$output"
  [ "$status" = 6 ] # d was never started
  [ "$(grep '^[^ ]* by now' <<<"$output")" = 'one by now: 2 ok, 1 failed, 1 skipped of 4 targets, exit status 6' ]
  grep -q '^3 recovered: Azure said afterwards what had become of them$' <<<"$output"
  [ "$(outcomes two)" = $'a ok true\nb failed true\nc ok true' ]
  replays two
  [ "$(outcomes one)" = $'a ok true\nb failed true\nc ok true\nd skipped false' ]
  [ "$(jq -r '.targets[0].stdout' "$T/one.json")" = 'hello from a' ]
  [ "$(jq -c '[.recover, .rerun_of, .targets[0].attempts[0].asks]' "$T/two.json")" = '[true,"one",true]' ]
  [ "$(control posts rg-one/a) $(control posts rg-one/b)" = "1 1" ]

  # There is nothing left to ask; what has failed is run again, and what was never started.
  run azfan recover one
  [ "$status" = 6 ]
  [[ $output == *'one has no target of which Azure could say more'* ]]
  run azfan rerun one --run-id three -y
  [ "$status" = 3 ]
  [ "$(outcomes three)" = $'b failed false\nd ok false' ]
  [ "$(sort "$T/ran" | tr '\n' ' ')" = 'a b b c d ' ]
}

@test "recover: rerun asks first, and an asking is no attempt" {
  control set '{"vms": {"rg-first/a": {}, "rg-first/b": {}, "rg-first/c": {}}}'
  job rg-first 'a, b, c' 'while [ ! -e '"$T"'/go ]; do sleep 0.1; done; [ $AZFAN_TARGET != b ] || [ -e '"$T"'/mended ]'
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 3
  kill_it
  touch "$T/go" "$T/mended.not"
  control wait rg-first running 0
  touch "$T/mended"
  run azfan rerun one --dry-run
  [ "$status" = 0 ]
  grep -q '^azfan: 3 targets: Azure had accepted the script, and would be asked first' <<<"$output"
  run azfan rerun one --run-id two -y --progress plain
  echo "$output"
  [ "$status" = 0 ]
  grep -q '3 targets: Azure had accepted the script, and is asked first what became of it' <<<"$output"
  [ "$(outcomes two)" = $'a ok true\nb ok false\nc ok true' ]
  replays two
  [ "$(jq -c '.targets[1].attempts | map(.asks)' "$T/two.json")" = '[true,null]' ]
  [ "$(sort "$T/ran" | tr '\n' ' ')" = 'a b b c ' ]
  # What b came to in the first run is known now, though it has run again since.
  [ "$(outcomes one)" = $'a ok true\nb failed true\nc ok true' ]
}

@test "recover: killed while it recovers, and asked again" {
  control set '{"vms": {"rg-twice/a": {}, "rg-twice/b": {}}}'
  job rg-twice 'a, b' 'while [ ! -e '"$T"'/go ]; do sleep 0.1; done'
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 2
  kill_it
  start two recover one
  wait_for heard two ask 2
  kill_it
  [ "$(outcomes two)" = $'a unknown false\nb unknown false' ]
  [ "$(outcomes one)" = $'a unknown false\nb unknown false' ]
  touch "$T/go"
  run azfan rerun two --run-id three -y
  [ "$status" = 0 ]
  [ "$(outcomes three)" = $'a ok true\nb ok true' ]
  [ "$(outcomes one)" = $'a ok true\nb ok true' ]
  ran_once
}

@test "recover: what Azure has forgotten stays unknown, and is not asked again" {
  control set '{"vms": {"rg-gone/a": {}}}'
  job rg-gone 'a' ':'
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 1
  kill_it
  sed -i -E 's|/operations/[0-9a-f-]{36}|/operations/00000000-0000-0000-0000-000000000000|' \
    "$T/state/azfan/runs/one/journal.jsonl"
  run azfan recover one --run-id two
  echo "$output"
  [ "$status" = 4 ]
  [ "$(outcomes two)" = 'a unknown false' ]
  replays two
  [[ $output == *'Azure has forgotten the operation, so nobody can say any more what became of the script'* ]]
  run azfan recover one
  [ "$status" = 4 ]
  [[ $output == *'one: nobody can say what became of the script on 1 of its targets'* ]]
  # The mark on the VM knows.
  run azfan rerun one --run-id three -y --now
  [ "$status" = 4 ]
  ran_once
}

@test "recover: nobody but the cloud of the run is asked, and the others of it are" {
  control set '{"vms": {"rg-other/a": {}, "rg-other/b": {}}}'
  job rg-other 'a, b' ':'
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 2
  kill_it
  sed -i -E '/"event":"accepted".*"target":"a"/s|"https://[^/]*/|"https://arm.invalid/|' "$T/state/azfan/runs/one/journal.jsonl"
  grep -q '"https://arm.invalid/' "$T/state/azfan/runs/one/journal.jsonl"
  run azfan recover one --run-id two
  echo "$output"
  [ "$status" = 4 ]
  [ "$(outcomes two)" = $'a unknown false\nb ok true' ]
  [[ $output == *'it was accepted by another server than the one of this cloud'* ]]
  replays two
  ran_once
}

@test "run: one that asks what became of scripts is seen by who would start others on its VMs" {
  control set '{"vms": {"rg-seen/a": {}}}'
  job rg-seen 'a' 'while [ ! -e '"$T"'/go ]; do sleep 0.1; done'
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 1
  kill_it
  start two recover one
  wait_for heard two ask 1
  run azfan run "$T/job.yaml" -y --run-id three
  echo "$output"
  touch "$T/go"
  wait "$azfan_pid" || :
  [ "$status" = 2 ]
  [[ $output == *'two has been going on'* ]]
  ran_once
}

@test "stop: the clients leave at once, and the report says until when their scripts may go on" {
  local begin
  control set '{"vms": {"rg-stop/a": {}, "rg-stop/b": {}}}'
  job rg-stop 'a, b' 'while [ ! -e '"$T"'/go ]; do sleep 0.1; done'
  echo 'kill_grace: 60s' >>"$T/job.yaml"
  start one run "$T/job.yaml" -y
  wait_for heard one accepted 2
  begin=$SECONDS
  kill -s TERM "$azfan_pid"
  wait "$azfan_pid" || :
  [ $((SECONDS - begin)) -lt 50 ]
  cat "$T/out"
  grep -q '^Recover: azfan recover one (asks Azure what became of 2 scripts, which may go on until ' "$T/out"
  [ "$(jq -c '[.targets[] | .outcome, .may_still_run]' "$T/state/azfan/runs/one/report.json")" = '["cancelled",true,"cancelled",true]' ]
  jq -e '.targets[0].attempts[0].operation.id | test("^[0-9a-f-]{36}$")' "$T/state/azfan/runs/one/report.json"
  touch "$T/go"
  run azfan recover one --run-id two --progress json
  [ "$status" = 0 ]
  [ "$(outcomes one)" = $'a ok true\nb ok true' ]
  # Whoever has the URL may ask, and the nonce belongs to the guard alone.
  run ! grep -qE 'https://[^"]*operations|"nonce"' <(azfan report one --report - --format json; echo "$output")
  [ "$(stat -c %a "$T/state/azfan/runs/one/journal.jsonl")" = 600 ]
  ran_once
}

@test "recover: killed at any moment, and no VM runs twice, and each outcome is the true one" {
  local i
  for i in 1 2 3 4 5 6; do
    control set "{\"vms\": {\"rg-any$i/a\": {}, \"rg-any$i/b\": {}, \"rg-any$i/c\": {}, \"rg-any$i/d\": {}}}"
    job "rg-any$i" 'a, b, c, d' 'sleep 0.$((RANDOM % 10)); echo true'
    rm -f "$T/ran"
    start "r$i" run "$T/job.yaml" -y
    wait_for heard "r$i" start 1
    sleep "$((RANDOM % 4)).$((RANDOM % 10))"
    kill -s KILL "$azfan_pid" || :
    wait "$azfan_pid" || :
    run azfan rerun "r$i" -y --run-id "s$i" --now
    echo "$output"
    control wait "rg-any$i" running 0
    ran_once
    # ok is what has run; and what is not known has not been run again.
    azfan report "s$i" --report "$T/s.json" >/dev/null || : # nothing was left to do
    azfan report "r$i" --report "$T/r.json" >/dev/null
    jq -r '.targets[] | select(.outcome == "ok") | .name' "$T/r.json" "$T/s.json" | sort -u >"$T/ok"
    [ "$(comm -23 "$T/ok" <(sort -u "$T/ran"))" = '' ]
    [ "$(sort -u "$T/ran" | wc -l)" = 4 ]
    rm -f "$T/s.json"
  done
}

@test "a client of REST whose azfan was killed sends nothing any more" {
  control set '{"vms": {"rg-left/vm": {}}}'
  python3 - "$BATS_TEST_DIRNAME/../rest" "$AZFAN-rest" <<'END'
import json, os, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import client
cloud = json.loads(os.popen('az cloud show -o json').read())
endpoint = cloud['endpoints']['resourceManager'].rstrip('/')
page = client.Page()
one = client.Client(sys.argv[2], endpoint, page, ca_file=os.environ['REQUESTS_CA_BUNDLE'],
                    path=client.VM.replace('/rg/', '/rg-left/') + '/runCommand')
request = client.memfd('request', json.dumps(one.request).encode())
reader, writer = os.pipe()
os.close(reader)
output = client.memfd('output', b'')
pid = os.posix_spawn(sys.argv[2], [sys.argv[2]], os.environ, file_actions=[
    (os.POSIX_SPAWN_DUP2, fd, at) for fd, at in ((request, 0), (output, 1), (writer, 2), (page.descriptor, 3))])
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
assert status != 0, status
END
  [ "$(control posts rg-left/vm)" = 0 ]
}

@test "recover: of a run by az nothing can be asked, and of a rehearsal there is nothing" {

  control set '{"vms": {"rg-az/a": {}}}'
  job rg-az 'a' 'while [ ! -e '"$T"'/go ]; do sleep 0.1; done'
  start one run "$T/job.yaml" -y --client az
  wait_for control wait rg-az running 1
  kill_it
  touch "$T/go"
  run azfan recover one
  [ "$status" = 4 ]
  [[ $output == *'az tells nobody where to ask Azure later'* ]]
  run azfan rehearse "$T/job.yaml" --inject a=hang --run-id two
  run azfan recover two
  [[ $output == *'two was a rehearsal, of which Azure knows nothing'* ]]
}
