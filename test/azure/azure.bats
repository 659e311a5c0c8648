#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# azfan with the real az, against a simulated Azure on loopback.
# Every test has a resource group of its own, so the tests know nothing of each other.
#
# shellcheck disable=SC2016,SC2034,SC2046,SC2086 # for the VM's shell; for test/run; words on purpose

PART=5 # of them share one simulated Azure: see test/run

bats_require_minimum_version 1.5.0

load helper

# start_azfan COMMAND [ARGUMENT...]: in the background, its temporary files in folders of their own
start_azfan() {
  if [ ! -x "$AZFAN" ]; then
    echo "$AZFAN is not there: make"
    return 1
  fi
  mkdir -p "$T/tmp" "$T/runtime" "$T/state"
  AZFAN_TEST_MARK=$T TMPDIR=$T/tmp XDG_RUNTIME_DIR=$T/runtime XDG_STATE_HOME=$T/state \
    in_session "$T/end" "$AZFAN" "$@" >"$T/out" 2>"$T/err" </dev/null &
  AZFAN_WAITER=$!
}

# What the end left: the status in $status (negative: the signal that ended it), the latest report in $report.
await_azfan() {
  wait "$AZFAN_WAITER"
  status=$(jq .status "$T/end")
  report=$(find "$T/run" "$T/state" -name report.json -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d ' ' -f 2-)
  echo "azfan ended with $status after $(jq .seconds "$T/end") s"
  echo "--- stdout"; cat "$T/out"
  echo "--- stderr"; cat "$T/err"
  [ -z "$report" ] || { echo "--- report"; cat "$report"; }
}

end_azfan() {
  await_azfan
  nothing_left
}

run_azfan() {
  start_azfan "$@"
  end_azfan
}

# The same, beside an az that a killed azfan has left behind
run_azfan_beside() {
  start_azfan "$@"
  await_azfan
}

# Whoever inherited azfan's environment came from it.
no_process_left() {
  local left
  left=$(grep -lzxF "AZFAN_TEST_MARK=$T" /proc/[0-9]*/environ 2>/dev/null) || :
  [ -z "$left" ] || { echo "processes are left: $left"; return 1; }
}

# No process that azfan started, no temporary file.
nothing_left() {
  local left
  no_process_left || return 1
  left=$(find "$T/tmp" "$T/runtime" -mindepth 1)
  [ -z "$left" ] || { echo "files are left: $left"; return 1; }
}

# no_script_left FILE...: each has the path of a script that ran on a VM
no_script_left() {
  local file path
  for file; do
    path=$(cat "$file")
    [ ! -e "$path" ] || { echo "left on the VM: $path"; return 1; }
    path=$(dirname "$path")
    case $path in
    /tmp | /var/tmp | /dev/shm | /run | "$ARM_HOME"/vms/*) ;; # the VM's own, the agent's
    *) [ ! -e "$path" ] || { echo "left on the VM: $path"; return 1; } ;;
    esac
  done
}

# One line per target: name outcome reason, sorted
outcomes() {
  jq -r '.targets[] | "\(.name) \(.outcome) \(if (.reason // "") == "" then "-" else .reason end)"' "$report" | sort
}

target() { # NAME FILTER
  jq -r --arg name "$1" ".targets[] | select(.name == \$name) | $2" "$report"
}

# One line per attempt of a target: outcome reason, or just ok
attempts() { # NAME
  target "$1" '.attempts[] | "\(.outcome) \(.reason // "")"' | sed 's/ $//'
}

journal() { # FILTER, for an array of its lines
  jq -cs "$1" "$(dirname "$report")/journal.jsonl"
}

total_posts() { # GROUP
  jq -s --arg group "$1/" '[.[] | select(.method == "POST" and (.vm // "" | startswith($group)))] | length' "$ARM_HOME/requests.jsonl"
}

# That azfan never asked for a second run on a VM that still had one, apart from VMs that were made busy
never_overlapped() { # GROUP
  [ "$(jq -s --arg group "$1/" '[.[] | select(.method == "POST" and (.vm // "" | startswith($group)) and .vm_running > 0)] | length' \
    "$ARM_HOME/requests.jsonl")" = 0 ]
}

many_job() {
  mkdir "$T/lib"
  echo 'greet() { echo "$2, $1 ☃"; }' >"$T/lib/greet.sh"
  cat >"$T/job.yaml" <<EOF
version: 1
name: many
script:
  inline: |
    printf '%s\n' "\$0" >"\$MARK/\$AZFAN_TARGET.file"
    echo \$\$ >"\$MARK/\$AZFAN_TARGET.pid"
    printf %s "\$TOKEN" | cksum >"\$MARK/\$AZFAN_TARGET.token"
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' ' >"\$MARK/\$AZFAN_TARGET.ps"
    case \$AZFAN_TARGET in
    fail) echo about to fail; echo because >&2; exit 7 ;;
    limit) sleep 300 & echo \$! >"\$MARK/limit.child.pid"; wait ;;
    long) seq 1 2000; echo the end ;;
    utf8) . "\${AZFAN_FILES%%:*}/lib/greet.sh" && greet "\$@" ;;
    ok-05) exit 3 ;;
    *) echo "fine on \$AZFAN_TARGET" ;;
    esac
  parameters:
    MARK: $T/mark
    TOKEN: {env: AZFAN_TEST_TOKEN}
  args: [東京, Grüße]
  files: [lib/greet.sh]
  ok_status: [0, 3]
targets:
  resource_group: rg-many
  vms: [hang, limit, fail, missing, busy, stopped, throttled, once, again, forbidden, long, utf8, "ok-[01-05]"]
concurrency: 17
timeout: 70s
script_timeout: 5s
EOF
}

many_vms() {
  control set '{"vms": {"rg-many/hang": {"never": true}, "rg-many/limit": {}, "rg-many/fail": {}, "rg-many/busy": {"busy": true},
    "rg-many/stopped": {"stopped": true}, "rg-many/throttled": {"throttled": true}, "rg-many/once": {"throttled": 1},
    "rg-many/again": {"throttled": 2, "throttled_retry_after": 1}, "rg-many/forbidden": {"forbidden": true}, "rg-many/long": {},
    "rg-many/utf8": {}, "rg-many/ok-01": {}, "rg-many/ok-02": {}, "rg-many/ok-03": {"slow": 3}, "rg-many/ok-04": {}, "rg-many/ok-05": {}}}'
}

many_expected() {
  sort <<EOF
again ok -
busy error busy
fail failed exit
forbidden error forbidden
hang timeout az
limit timeout script
long ok -
missing error not_found
ok-01 ok -
ok-02 ok -
ok-03 ok -
ok-04 ok -
ok-05 ok -
once error throttled
stopped error not_running
throttled error throttled
utf8 ok -
EOF
}

@test "azfan: 17 VMs, of which 9 fare badly in 8 ways, each get their own outcome, and nothing of it is left" {
  local secret='tr0ub4dor $(touch x) "&'\''3' name
  mkdir "$T/mark"
  many_vms
  many_job
  AZFAN_TEST_TOKEN=$secret run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 5 ]
  diff <(many_expected) <(outcomes)
  [ "$(jq -cS .counts "$report")" = '{"cancelled":0,"error":6,"failed":1,"ok":8,"skipped":0,"timeout":2,"unknown":0}' ]

  # what the script said, without the guard's trailer
  [ "$(target fail '[.exit_code, .stdout, .stderr] | tojson')" = '[7,"about to fail\n","because\n"]' ]
  [ "$(target ok-01 '[.exit_code, .stdout, .stdout_truncated] | tojson')" = '[0,"fine on ok-01\n",false]' ]
  [ "$(target utf8 .stdout)" = 'Grüße, 東京 ☃' ]
  [ "$(target long '[.stdout_truncated, .stderr_truncated] | tojson')" = '[false,false]' ]
  jq -j '.targets[] | select(.name == "long") | .stdout' "$report" | cmp - <(seq 1 2000; echo the end)

  # az's own tries, when Azure says how long to wait, are not azfan's
  [ "$(target again '.attempts | length') $(target once '.attempts | length')" = "1 1" ]
  [ "$(control posts rg-many/again) $(control posts rg-many/once) $(control posts rg-many/missing)" = "3 1 1" ]
  [ "$(target missing '.attempts[0].az_exit')" = 3 ]
  [ "$(target hang '.attempts[0].stopped')" = true ]
  [ "$(target hang .id)" = "/subscriptions/$SUBSCRIPTION/resourceGroups/rg-many/providers/Microsoft.Compute/virtualMachines/hang" ]
  never_overlapped rg-many

  # every VM that fared badly has a line that says how
  while read -r name outcome _; do
    [ "$outcome" = ok ] || grep -E "(^|[^[:alnum:]-])$name([^[:alnum:]-]|\$)" "$T/out" | grep -qi "$outcome"
  done < <(many_expected)

  # the secret reached the script and nothing else
  [ "$(sort -u "$T/mark"/*.token)" = "$(printf %s "$secret" | cksum)" ]
  [ "$(find "$T/mark" -name '*.ps' | wc -l)" = 11 ]
  grep -q 'run-command invoke' "$T/mark/ok-01.ps"
  run ! grep -rlF 'tr0ub4dor' "$T/mark" "$T/run" "$T/out" "$T/err"

  # on the VMs: no script, no process
  no_script_left "$T/mark"/*.file
  run ! alive $(cat "$T/mark"/*.pid)
}

# stories GROUP VMS TIMEOUT [LINE...] <SCRIPT: a job that runs the script, which finds the folder $MARK
stories() {
  mkdir -p "$T/mark"
  cat >"$T/story.sh"
  control set "$(jq -n --arg group "$1" '{vms: ($ARGS.positional | map({key: "\($group)/\(.)", value: {}}) | from_entries)}' --args $2)"
  cat >"$T/job.yaml" <<EOF
version: 1
name: stories
script:
  file: story.sh
  parameters: {MARK: $T/mark, PEM: "--BEGIN--\r\nab\rcd\r\n\r\n"}
targets: {resource_group: $1, vms: [${2// /, }]}
timeout: 250s
script_timeout: $3
EOF
  printf '%s\n' "${@:4}" >>"$T/job.yaml"
}

@test "azfan: what scripts leave running, print over and get byte for byte comes back as it was" {
  stories rg-story 'alike-1 alike-2 chatty restarts' 100s <<'EOF'
#!/bin/bash
case $1$AZFAN_TARGET in
alike-*)
  printf 'unpacking %d%%\r' 10 50 100
  printf 'unpacked.     \r\n'
  printf %s "$PEM" | od -An -c
  echo "this is $AZFAN_TARGET"
  no-such-program --now
  exit 3 ;;
chatty) # It has printed more than Azure returns before the script ends, and prints on behind that.
  while :; do seq 1 5000; : >"$MARK/full"; sleep 0.05; done &
  echo $! >"$MARK/chatty.pid"
  while [ ! -e "$MARK/full" ]; do sleep 0.1; done ;;
restarts)
  echo "$0" >"$MARK/restarts.path"
  (while [ ! -e "$MARK/ended" ]; do sleep 0.1; done; exec "$0" again-) >"$MARK/restarts.log" 2>&1 &
  echo restarted ;;
again-*) echo "$AZFAN_TARGET works on" ;;
esac
EOF
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  kill "$(cat "$T/mark/chatty.pid")" # nobody has waited for it

  [ "$status" = 3 ]
  [ "$(outcomes)" = $'alike-1 failed exit\nalike-2 failed exit\nchatty ok -\nrestarts ok -' ]
  # one group: nothing in it differs between VMs, or was put there by azfan
  sed '1,/^Output:/d; /^  1 ok: chatty/,$d' "$T/out" | diff - <(cat <<'EOF'
  2 failed (exit 3): alike-[1-2]
      stdout | unpacked.
      stdout |    -   -   B   E   G   I   N   -   -  \r  \n   a   b  \r   c   d
      stdout |   \r  \n  \r  \n
      stdout | this is {target}
      stderr | script: line 8: no-such-program: command not found
EOF
  )
  [ "$(target alike-1 .stdout | head -n 1)" = $'unpacking 10%\runpacking 50%\runpacking 100%\runpacked.     \r' ]
  target chatty .stdout | tail -n 1 | grep -qx '[0-9]*'

  [ -e "$(cat "$T/mark/restarts.path")" ]
  : >"$T/mark/ended"
  wait_for grep -qFx 'restarts works on' "$T/mark/restarts.log"
}

@test "azfan: all of a script is stopped, or told of; and it has the time that it needs to leave in good order" {
  stories rg-grace 'grouped away tidies' 6s 'script_grace: 60s' <<'EOF'
#!/bin/bash
case $AZFAN_TARGET in
grouped) # each has a process group of its own
  set -m
  sleep 300 &
  echo $! >"$MARK/grouped.1"
  timeout 600 sh -c 'echo $$ >"$MARK/grouped.2"; sleep 300' ;;
away)
  setsid sh -c 'echo $$ >"$MARK/away.pid"; exec sleep 300' &
  wait ;;
tidies)
  trap 'echo tidying; sleep 7; echo tidy' EXIT
  sleep 300 ;;
esac
EOF
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  kill "$(cat "$T/mark/away.pid")" # it was left alone

  [ "$status" = 4 ]
  [ "$(outcomes)" = $'away timeout script\ngrouped timeout script\ntidies timeout script' ]
  [ "$(jq -c '[.targets | sort_by(.name)[] | .may_still_run]' "$report")" = '[true,false,false]' ]
  [ "$(target tidies .stdout)" = $'tidying\ntidy' ]
  run ! alive "$(cat "$T/mark/grouped.1")" "$(cat "$T/mark/grouped.2")"
}

@test "azfan: a broken login is one message and exit status 6, and no VM is asked" {
  control set '{"vms": {"rg-login/a": {}, "rg-login/b": {}, "rg-login/c": {}}}'
  job rg-login '[a, b, c]' 'echo it ran'
  mkdir "$T/config"
  AZURE_CONFIG_DIR=$T/config run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 6 ]
  [ "$(outcomes)" = $'a skipped login\nb skipped login\nc skipped login' ]
  [ "$(grep -c "az login" "$T/err")" = 1 ]
  [ "$(total_posts rg-login)" = 0 ]
}

@test "azfan: an az that cannot run commands halts the run with its remedy, and no VM is asked" {
  [ "$(az version --query '"azure-cli"' -o tsv)" = 2.45.0 ] || skip "this az is not Debian 12's 2.45.0"
  control set '{"vms": {"rg-latest/a": {}}}'
  job rg-latest '[a]' 'echo it ran'
  cp -R "$AZURE_CONFIG_DIR" "$T/config"
  AZURE_CONFIG_DIR=$T/config az cloud update --profile latest >/dev/null 2>&1
  AZURE_CONFIG_DIR=$T/config run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 6 ]
  [ "$(outcomes)" = 'a error az_broken' ]
  cat "$T/out" "$T/err" | grep -qF 'az cloud update --profile 2020-09-01-hybrid'
  target a .message | grep -q 'profile'
  [ "$(total_posts rg-latest)" = 0 ]
}

@test "azfan: SIGINT lets az end, a second one stops all az, azfan ends by SIGINT, and the report is there" {
  control set '{"vms": {"rg-stop/a": {"never": true}, "rg-stop/b": {"never": true}, "rg-stop/c": {}}}'
  job rg-stop '[a, b, c]' 'echo it ran' 2
  start_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  control wait rg-stop running 2
  local before after
  kill -INT "$(cat "$T/end.pid")"
  wait_for grep -q 'SIGINT: no new starts; waiting for 2 still running' "$T/err"
  before=$(date +%s%N)
  kill -INT "$(cat "$T/end.pid")"
  end_azfan
  after=$(date +%s%N)

  [ "$status" = -2 ]
  # kill_grace and what azfan needs for itself; one stuck az must not cost its timeout
  [ $((after - before)) -lt 10000000000 ]
  [ "$(outcomes)" = $'a cancelled signal\nb cancelled signal\nc skipped signal' ]
  [ "$(jq .exit_status "$report")" = 130 ]
  [ "$(total_posts rg-stop)" = 2 ]
}

@test "azfan: scripts that never reached their VM are unknown, never ok" {
  control set '{"vms": {"rg-dropped/a": {"drop_scripts": true}, "rg-dropped/b": {"drop_scripts": true}}}'
  job rg-dropped '[a, b]' 'echo it ran'
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 4 ]
  [ "$(outcomes)" = $'a unknown no_trailer\nb unknown no_trailer' ]
}

@test "azfan: a VM that restarts in the middle is unknown, and a failed extension is an error" {
  control set '{"vms": {"rg-middle/restart": {"reboot": 1}, "rg-middle/extension": {"extension_failure": true},
    "rg-middle/agent": {"agent_not_ready": true}, "rg-middle/answer": {"garbage": {"value": []}}}}'
  job rg-middle '[restart, extension, agent, answer]' "echo \"\$0\" >>$T/scripts; sleep 5"
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  # the guard could not tidy up on the VM that went down, and that VM is this machine
  xargs rm -f <"$T/scripts"
  xargs dirname <"$T/scripts" | xargs rmdir 2>/dev/null || :

  [ "$status" = 5 ]
  [ "$(outcomes)" = $'agent error agent\nanswer unknown answer\nextension error extension\nrestart unknown interrupted' ]
}

@test "azfan: a busy VM is tried again until it is free" {
  control set '{"vms": {"rg-retry/a": {"busy": 2}}}'
  job rg-retry '[a]' "echo it ran | tee -a $T/ran" 1 'retry: {attempts: 3, delay: 1s}'
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 0 ]
  [ "$(outcomes)" = 'a ok -' ]
  [ "$(attempts a)" = $'error busy\nerror busy\nok' ]
  [ "$(target a .script_started)" = yes ]
  [ "$(control posts rg-retry/a)" = 3 ]
  [ "$(cat "$T/ran")" = 'it ran' ]
  grep -q '^azfan: a: busy, again in .* (attempt 2 of 3): another run-command is active' "$T/err"
  grep -q '^azfan: a: busy, again in .* (attempt 3 of 3): ' "$T/err"
}

@test "azfan: a script that Azure started though it refused it is not run a second time, and is unknown" {
  control set '{"vms": {"rg-doubt/a": {"doubtful": 1}}}'
  job rg-doubt '[a]' "echo it ran >>$T/ran; while [ ! -e $T/refused ]; do sleep 0.1; done" 1 'retry: {attempts: 6, delay: 1s}'
  start_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
  control wait rg-doubt posts 2 # az's own second one, which finds the VM busy with the first
  : >"$T/refused"
  end_azfan

  [ "$status" = 4 ]
  [ "$(outcomes)" = 'a unknown no_trailer' ]
  [ "$(cat "$T/ran")" = 'it ran' ]
  # Azure took the last request, and the guard did not run the script.
  [ "$(attempts a | sort -u)" = $'error busy\nunknown no_trailer' ]
  [ "$(attempts a | tail -n 1)" = 'unknown no_trailer' ]
  [ "$(target a '[.script_started, .may_still_run] | tojson')" = '["yes",false]' ]
  target a .message | grep -q 'was not run again'
  # The mark is on that VM.
  [ "$(find "$ARM_HOME/vms/rg-doubt/a" -maxdepth 1 -name 'azfan-once-*' -empty | wc -l)" = 1 ]
}

@test "azfan: a busy VM may be busy with this very script, for az has sent its request twice" {
  control set '{"vms": {"rg-twin/a": {"doubtful": 1}}}'
  job rg-twin '[a]' "echo it ran >>$T/ran; while [ ! -e $T/refused ]; do sleep 0.1; done" 1
  start_azfan run "$T/job.yaml" --yes
  control wait rg-twin posts 2
  : >"$T/refused"
  end_azfan

  # az tells nothing of its first request: so nobody can know, and that is told.
  [ "$status" = 5 ]
  [ "$(outcomes)" = 'a error busy' ]
  [ "$(target a '[.script_started, .may_still_run] | tojson')" = '["maybe",true]' ]
  target a .message | grep -q 'or this very script by an earlier request of the same az'
  target a .stderr | grep -c . | grep -qFx 3
  tr -s ' \n' ' ' <"$T/out" | grep -q 'What to do: Another run-command is active on the VM, perhaps this very script. Check the VM first'

  control wait rg-twin running 0
  run_azfan rerun --yes
  [ "$status" = 4 ]
  [ "$(outcomes)" = 'a unknown no_trailer' ]
  [ "$(cat "$T/ran")" = 'it ran' ]
}

@test "azfan: a throttled VM is tried again when Azure says, not sooner, and fewer run at once" {
  control set '{"vms": {"rg-throttle/a": {"throttled": 1, "throttled_seconds": 3}, "rg-throttle/b": {}}}'
  job rg-throttle '[a, b]' 'echo it ran' 2 'retry: {attempts: 3, delay: 1s}'
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 0 ]
  [ "$(outcomes)" = $'a ok -\nb ok -' ]
  [ "$(attempts a)" = $'error throttled\nok' ]
  [ "$(control posts rg-throttle/a)" = 2 ]

  # from the refusal to the second start; Azure's word, 3 s, is more than the job's delay
  [ "$(journal '[.[] | select(.target == "a") | .event]')" = '["start","end","start","end"]' ]
  [ "$(journal '[.[] | select(.target == "a")] | .[1].retry_after_s == 3 and .[2].at_s - .[1].at_s >= 3')" = true ]
  grep -q '^azfan: a: throttled, again in .* (attempt 2 of 3): Azure limits requests .*; Azure asks to wait 3s' "$T/err"

  [ "$(journal '[.[] | select(.event == "limit") | .limit]')" = '[1]' ]
  grep -q '^azfan: Azure throttles: running 1 at once' "$T/err"
  [ "$(jq -c '.concurrency | [.least, .times_halved]' "$report")" = '[1,1]' ]
}

@test "azfan: a start by REST that is throttled holds back its subscription, and another one goes on" {
  export AZFAN_LOOPBACK_PACE=100ms,200ms,5
  control set '{"vms": {"rg-pace/a": {"throttled": 1, "throttled_retry_after": 3}, "rg-pace/b": {}, "rg-pace/c": {}, "rg-pace/d": {}}}'
  local other=/subscriptions/${SUBSCRIPTION%1}2/resourceGroups/rg-pace/providers/Microsoft.Compute/virtualMachines
  job rg-pace "[a, b, $other/c, $other/d]" 'echo it ran' 1 'retry: {attempts: 2, delay: 1s}' 'client: rest'
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 0 ]
  [ "$(outcomes)" = $'a ok -\nb ok -\nc ok -\nd ok -' ]
  [ "$(attempts a)" = $'error throttled\nok' ]
  [ "$(journal '[.[] | select(.event == "start") | .target][:2]')" = '["a","c"]' ]
  [ "$(journal '([.[] | select(.target == "a" and .event == "end")][0].at_s) as $refused
    | [.[] | select(.event == "start" and (.target == "a" or .target == "b"))][1:] | all(.at_s - $refused > 2.9)')" = true ]
  [ "$(journal '[.[] | select(.event == "end" and .reason == "throttled") | .cause]')" = '["subscription_limit"]' ]
  [ "$(journal '[.[] | select(.event == "limit")]')" = '[]' ]
  grep -q '^Azure throttled 1 start$' "$T/out"
}

@test "azfan: when the first batch fails, max_failures halts the run and the other VMs are never asked" {
  control set '{"vms": {"rg-batch/canary": {}, "rg-batch/a": {}, "rg-batch/b": {}, "rg-batch/c": {}}}'
  job rg-batch '[canary, a, b, c]' 'exit 7' 4 'batches: [1, 100%]' 'max_failures: 0'
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"

  [ "$status" = 6 ]
  [ "$(outcomes)" = $'a skipped halted\nb skipped halted\nc skipped halted\ncanary failed exit' ]
  [ "$(target canary .exit_code)" = 7 ]
  [ "$(jq -c '[.ending, .exit_status, [.targets[].batch]]' "$report")" = '["halted",6,[1,2,2,2]]' ]
  jq -r .halt_cause "$report" | grep -qF '1 target has failed, and max_failures allows 0'
  grep -q '^azfan: halted: 1 target has failed' "$T/err"
  [ "$(total_posts rg-batch) $(control posts rg-batch/canary)" = "1 1" ]
}

@test "azfan: rerun asks only the VM that was not ok, and then nothing is left" {
  local first
  control set '{"vms": {"rg-rerun/a": {}, "rg-rerun/b": {"stopped": true}}}'
  job rg-rerun '[a, b]' 'echo it ran'
  run_azfan run "$T/job.yaml" --yes
  [ "$status" = 5 ]
  [ "$(outcomes)" = $'a ok -\nb error not_running' ]
  first=$(jq -r .run "$report")

  control set '{"vms": {"rg-rerun/b": {"stopped": null}}}'
  run_azfan rerun --yes
  [ "$status" = 0 ]
  [ "$(outcomes)" = 'b ok -' ]
  [ "$(jq -r .rerun_of "$report")" = "$first" ]
  [ "$(control posts rg-rerun/a) $(control posts rg-rerun/b)" = "1 2" ]

  # neither of the rerun, which is the latest, nor of the first run
  run_azfan rerun --yes
  [ "$status" = 0 ]
  grep -q ': nothing left to do, all its targets are ok$' "$T/out"
  run_azfan rerun --yes "$first"
  [ "$status" = 0 ]
  grep -qFx "$first: nothing left to do, all its targets are ok" "$T/out"
  [ "$(total_posts rg-rerun)" = 3 ]

  run_azfan runs
  [ "$status" = 0 ]
  [ "$(wc -l <"$T/out")" = 3 ]
  sed -n 2p "$T/out" | grep -q "^$(jq -r '.run[-4:]' "$report") .* 1 ok; rerun of ${first: -4}\$"
  sed -n 3p "$T/out" | grep -q "^${first: -4} .* 1 ok, 1 error\$"
}

@test "azfan: killed while az waits for a VM, the journal knows which VM may still be busy with the script" {
  local first
  control set '{"vms": {"rg-kill/done": {}, "rg-kill/held": {}}}'
  job rg-kill '[done, held]' "echo \$AZFAN_TARGET >>$T/ran; [ \$AZFAN_TARGET = done ] || while [ ! -e $T/free ]; do sleep 0.1; done"
  sed -i 's/^timeout: .*/timeout: 200s/; s/^script_timeout: .*/script_timeout: 180s/' "$T/job.yaml" # the az below take seconds
  start_azfan run "$T/job.yaml" --yes
  wait_for grep -q 'done  *ok' "$T/out"
  wait_for grep -q '"GET".*"rg-kill/held"' "$ARM_HOME/requests.jsonl"
  kill -KILL "$(cat "$T/end.pid")"
  await_azfan
  [ "$status" = -9 ]
  [ -z "$report" ]
  run ! no_process_left # nobody has stopped az

  run_azfan_beside runs
  [ "$status" = 0 ]
  grep -q ' 1 ok, 1 unknown; interrupted$' "$T/out"
  run_azfan_beside runs -q
  first=$(cat "$T/out")

  # It would wait for as long as az and the script can last; here it has no time for that.
  run_azfan_beside rerun --yes --deadline 1s
  [ "$status" = 124 ]
  grep -q '^azfan: held: its script may still be running on the VM, for up to .* more; it is started after that' "$T/err"
  run ! grep -q '^azfan: done:' "$T/err"
  [ "$(outcomes)" = 'held skipped deadline' ]
  [ "$(total_posts rg-kill)" = 2 ]

  # Now the latest run is that rerun, which has started nothing: what it knew is known.
  run_azfan_beside rerun --yes --deadline 1s
  [ "$status" = 124 ]
  grep -q '^azfan: held: its script may still be running on the VM, for up to .* more; it is started after that' "$T/err"

  # The script does run, and Azure refuses a second one.
  run_azfan_beside rerun --yes --now "$first"
  [ "$status" = 5 ]
  [ "$(outcomes)" = 'held error busy' ]
  [ "$(sort "$T/ran")" = $'done\nheld' ]

  # To have been refused is no news of the script.
  run_azfan_beside rerun --yes --deadline 1s "$first"
  [ "$status" = 124 ]
  grep -q '^azfan: held: its script may still be running on the VM, for up to .* more; it is started after that' "$T/err"

  # Once it has ended, the az that was left behind ends by itself, and the VM takes another run.
  : >"$T/free"
  control wait rg-kill running 0
  # The mark on the VM says that it had started, so it is not started again, unless that is wanted.
  run_azfan_beside rerun --yes --now "$first"
  [ "$status" = 4 ]
  [ "$(outcomes)" = 'held unknown no_trailer' ]
  [ "$(sort "$T/ran")" = $'done\nheld' ]
  run_azfan_beside rerun --yes --now --again "$first"
  [ "$status" = 0 ]
  [ "$(outcomes)" = 'held ok -' ]
  [ "$(sort "$T/ran")" = $'done\nheld\nheld' ]
  wait_for no_process_left
  rm -r "$T"/runtime/azfan-* # the killed one's; the others' are gone
  nothing_left
}

# doubtful_job GROUP [LINE...]: of "lost" the script runs and the result is lost; of "agent" nobody can say
doubtful_job() {
  control set "{\"vms\": {\"$1/lost\": {\"lost\": 1}, \"$1/agent\": {\"agent_not_ready\": 1}}}"
  job "$1" '[lost, agent]' "echo \$AZFAN_TARGET >>$T/ran" 2 'retry: {attempts: 3, delay: 0s, on: [other, agent]}' "${@:2}"
  run_azfan run "$T/job.yaml" --yes --run-dir "$T/run"
}

@test "azfan: a script that may have started is not repeated" {
  doubtful_job rg-once

  [ "$status" = 5 ]
  [ "$(outcomes)" = $'agent error agent\nlost error other' ]
  [ "$(target agent '[.script_started, .may_still_run, (.attempts | length)] | tojson')" = '["maybe",true,1]' ]
  [ "$(target lost '[.script_started, .may_still_run, (.attempts | length)] | tojson')" = '["maybe",true,1]' ]
  [ "$(total_posts rg-once)" = 2 ]
  [ "$(cat "$T/ran")" = lost ]
}

@test "azfan: a script that may have started is repeated when the job says that it is idempotent" {
  doubtful_job rg-twice 'idempotent: true'

  [ "$status" = 0 ]
  [ "$(outcomes)" = $'agent ok -\nlost ok -' ]
  [ "$(attempts agent)" = $'error agent\nok' ]
  [ "$(attempts lost)" = $'error other\nok' ]
  [ "$(total_posts rg-twice)" = 4 ]
  [ "$(sort "$T/ran")" = $'agent\nlost\nlost' ]
}

# job GROUP VMS SCRIPT [CONCURRENCY [LINE...]]: into $T/job.yaml, with more lines at its top level
job() {
  cat >"$T/job.yaml" <<EOF
version: 1
name: small
script:
  inline: |
    $3
targets:
  resource_group: $1
  vms: $2
concurrency: ${4:-4}
timeout: 90s
script_timeout: 60s
EOF
  [ $# -lt 5 ] || printf '%s\n' "${@:5}" >>"$T/job.yaml"
}
