#!/usr/bin/env bats
# The program from outside: what one run says, writes and leaves.

load helper

setup() { setup_place; }

@test "a run in which all is ok: a line each, a summary, exit 0, report.json" {
  write_job
  run_job
  [ "$status" = 0 ]
  [[ $output == *"[1/3] vm-"*"ok"*"[2/3] vm-"*"[3/3] vm-"* ]]
  [[ $output == *"test: 3 ok of 3 targets in "* ]]
  [ "$(value .version)" = 1 ]
  [ "$(value .exit_status)" = 0 ]
  [ "$(value .counts.ok)" = 3 ]
  [ "$(value '[.targets[].name] | join(" ")')" = "vm-1 vm-2 vm-3" ]
  [ "$(value '.targets[0].id')" = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1" ]
  [ "$(value '.targets[0].stdout')" = "hello" ]
  [ "$(value '.targets[0].exit_code')" = 0 ]
  [ "$(value '.targets[0].attempts | length')" = 1 ]
  [ "$(value '.targets[0].attempts[0].az_exit')" = 0 ]
  [ "$(value '.targets[0].attempts[0].max_rss_kib > 0')" = true ]
  [ "$(cat "$place/run/output/vm-1.out")" = hello ]
  [ "$(stat -c %a "$place/run")" = 700 ]
  [ "$(stat -c %a "$report")" = 600 ]
  nothing_is_left
}

@test "the run folder is in XDG_STATE_HOME by default, and its name tells of the run" {
  write_job
  run "$azfan" run "$job" --az "$stub/az"
  [ "$status" = 0 ]
  ls "$XDG_STATE_HOME/azfan/runs/" | grep -qE '^[0-9]{8}T[0-9]{6}Z-test-[0-9a-f]{4}$'
  [[ $output == *"$XDG_STATE_HOME/azfan/runs/"*"/report.json"* ]]
}

@test "a folder that holds a run already is refused, and nothing in it changes" {
  write_job
  run_job
  before=$(sha256sum "$report")
  run_job
  [ "$status" = 1 ]
  [[ $output == *"already holds a run"* ]]
  [ "$(sha256sum "$report")" = "$before" ]
}

@test "confirm without a terminal: above so many only with --yes, and az is asked nothing before" {
  export STUB_AZ_LOG=$place/log STUB_AZ_COUNT=$place
  write_job 'confirm: 2'
  run_job </dev/null
  [ "$status" = 2 ]
  [[ $output == *"test would run on 3 targets, and confirm allows no more than 2 without asking"*"--yes"* ]]
  [ ! -e "$place/run" ] && [ ! -e "$place/log" ] && [ ! -e "$place/token" ] && [ ! -e "$place/accounts" ]
  run_job --confirm 3 </dev/null
  [ "$status" = 0 ]
  rm -r "$place/run"
  run_job --yes </dev/null
  [ "$status" = 0 ]
  run "$azfan" rerun "$place/run" --confirm 0 </dev/null
  [ "$status" = 0 ] # nothing is left, so nobody has to be asked
  write_job
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/other" --limit 'vm-[1-2]' --confirm 1 </dev/null
  [ "$status" = 2 ]
  [ ! -e "$place/other" ]
}

# What az can do wrong, and what must be said of it. Never ok.
wrong_az() { # STUB_AZ OUTCOME STATUS [MORE]
  write_job "output_limit: 64KiB"
  STUB_AZ=$1 run_job
  [ "$status" = "$3" ] || { echo "$output"; return 1; }
  [ "$(outcome_of vm-1)" = "$2" ] || { outcome_of vm-1; return 1; }
  [ "$(value .counts.ok)" = 0 ]
  [[ -z ${4:-} || $output == *"$4"* ]] || { echo "$output"; return 1; }
  nothing_is_left
}

@test "az prints garbage: unknown" { wrong_az garbage "unknown answer" 4; }
@test "az prints nothing: unknown" { wrong_az empty "unknown answer" 4; }
@test "az prints 100 MB: unknown, and the rest is marked" { wrong_az huge "unknown answer" 4; [ "$(value '.targets[0].stdout_truncated')" = true ]; }
@test "the trailer has another nonce: unknown" { wrong_az wrong_nonce "unknown no_trailer" 4; }
@test "the sample script ran instead of ours: unknown" { wrong_az sample "unknown no_trailer" 4 "2.78.0"; }
@test "az crashes: error" { wrong_az crash "error az_broken" 5; [ "$(value '.targets[0].attempts[0].az_signal')" = 11 ]; }
@test "az fails without a word: error" { wrong_az exit1 "error other" 5; }

@test "az is missing: one clear error, exit 1, no run folder" {
  write_job
  run "$azfan" run "$job" --az "$place/no-such-az" --run-dir "$place/run"
  [ "$status" = 1 ]
  [[ $output == *"$place/no-such-az"* ]]
  [ ! -e "$place/run" ]
  PATH=/nowhere run "$azfan" run "$job" --run-dir "$place/run"
  [ "$status" = 1 ]
  [[ $output == *"az"*"PATH"* ]]
  nothing_is_left
}

@test "az is not executable: one clear error, exit 1" {
  write_job
  echo '#!/bin/sh' >"$place/az"
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  [ "$status" = 1 ]
  [[ $output == *"not executable"* ]]
}

@test "az cannot be executed by the kernel: halted before any target" {
  write_job
  printf 'no program at all' >"$place/az"
  chmod +x "$place/az"
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  [ "$status" = 6 ]
  [ "$(value .counts.skipped)" = 3 ]
  [[ $output == *"Exec format error"* ]]
}

@test "AZFAN_AZ names the az, and --az goes before it" {
  write_job
  AZFAN_AZ=$stub/az run "$azfan" run "$job" --run-dir "$place/run"
  [ "$status" = 0 ]
  AZFAN_AZ=/nonexistent run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run2"
  [ "$status" = 0 ]
}

# Ways to hang: the attempt ends in time, what it printed is kept, nothing is left, others go on.
hang() { # MODE
  vms='vm-[1-8]' write_job "timeout: 1s" "kill_grace: 500ms" "concurrency: 2"
  local start=$EPOCHREALTIME
  STUB_AZ=hang:$1 STUB_AZ_FOR=vm-1 run_job
  # One login, one hang of 1.8 s at the most; the rest is slack for a busy machine.
  within 8 "$start"
  [ "$(value .counts.ok)" = 7 ] || { echo "$output"; return 1; }
  [ "$(value '.targets[0].attempts[0].duration_s < 4')" = true ]
  [ "$(value '[.targets[1:][].duration_s] | max < 1')" = true ]
  [[ $(value '.targets[0] | .stdout + .stderr') == *"${2:-partial}"* ]] || { value '.targets[0]'; return 1; }
  nothing_is_left
}

@test "hang: the child ignores SIGINT and SIGTERM" {
  hang stubborn
  [ "$(outcome_of vm-1)" = "timeout az" ]
  [ "$status" = 4 ]
  [[ $output == *"may still be running"* ]]
}
@test "hang: a launcher without exec, whose grandchild holds the pipes" { hang deaf-launcher; [ "$(outcome_of vm-1)" = "timeout az" ]; }
@test "hang: the child is gone, a background grandchild holds the pipes" {
  hang background:3
  # az ended by itself, and what it said is no answer.
  [ "$(outcome_of vm-1)" = "unknown answer" ]
  [ "$(value '.targets[0].attempts[0].leftovers_killed')" -ge 1 ]
}
@test "hang: a grandchild that called setsid" { hang escaped-hang:3; [ "$(outcome_of vm-1)" = "timeout az" ]; }
@test "hang: the child has exited, and a tracer holds its zombie" {
  hang traced:20000
  # az ended by itself, nobody can know how, and what it said is no answer.
  [ "$(outcome_of vm-1)" = "unknown answer" ]
  [ "$(value '.targets[0].attempts[0].az_exit')" = -1 ]
}
@test "hang: the child is stopped by SIGSTOP" { hang stopped; [ "$(outcome_of vm-1)" = "timeout az" ]; }

# interrupt SIGNAL...: starts a run that hangs, sends the signals, waits for its end.
interrupt() {
  vms='vm-[1-20]' write_job "timeout: 60s" "concurrency: 2" "kill_grace: ${grace:-1s}"
  STUB_AZ=hang:${mode:-nap:30000} "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  local pid=$! signal
  wait_for children "$pid" 2
  for signal in "$@"; do
    kill -s "$signal" "$pid"
    wait_for grep -q "SIG" "$place/out"
  done
  status=0
  wait "$pid" || status=$?
}

@test "SIGTERM: children are stopped, the report is there, azfan dies of the signal" {
  start=$EPOCHREALTIME
  interrupt TERM
  [ "$status" = 143 ]
  within 8 "$start"
  [ "$(value .exit_status)" = 143 ]
  [ "$(value .counts.cancelled)" = 2 ]
  [ "$(value .counts.skipped)" = 18 ]
  [ "$(outcome_of vm-1)" = "cancelled signal" ]
  [ "$(outcome_of vm-20)" = "skipped signal" ]
  grep -qE '^skipped \(signal\), 18 targets: vm-\[[0-9,-]+\]$' "$place/out"
  nothing_is_left
}

@test "SIGHUP: the same" {
  interrupt HUP
  [ "$status" = 129 ]
  [ "$(value .exit_status)" = 129 ]
  nothing_is_left
}

@test "a second signal kills at once what ignores the first" {
  mode=stubborn grace=30s
  start=$EPOCHREALTIME
  interrupt TERM TERM
  [ "$status" = 143 ]
  within 10 "$start"
  nothing_is_left
}

@test "SIGINT ignored at the start, as in a script's background job, stays ignored" {
  write_job "timeout: 1s" "kill_grace: 0s"
  (trap '' INT; STUB_AZ=hang:nap:30000 exec "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" 3>&-) >"$place/out" 2>&1 &
  pid=$!
  wait_for children "$pid" 3
  kill -s INT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 4 ]
  [ "$(value .counts.timeout)" = 3 ]
}

@test "stopped and continued, as by Ctrl-Z and fg: nothing ends by it" {
  write_job "timeout: 2s" "kill_grace: 0s"
  STUB_AZ=hang:nap:30000 "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  pid=$!
  wait_for children "$pid" 3
  kill -s STOP "$pid"
  wait_for grep -q '^State:.*T (stopped)' "/proc/$pid/status"
  kill -s CONT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 4 ]
  [ "$(value .counts.timeout)" = 3 ]
  nothing_is_left
}

@test "SIGINT ends it with 130 and the report" {
  vms='vm-[1-20]' write_job "timeout: 60s" "concurrency: 2"
  # A background job of this shell would have SIGINT ignored: let another program start it.
  STUB_AZ=hang:nap:3000 perl -e '$| = 1; $SIG{INT} = "DEFAULT"; $pid = fork; exec @ARGV unless $pid;
    print "pid $pid\n"; waitpid $pid, 0; print "signal ", $? & 127, "\n"' \
    "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  pid=$!
  wait_for grep -q '^pid' "$place/out"
  azfan_pid=$(awk '/^pid/ { print $2 }' "$place/out")
  wait_for children "$azfan_pid" 2
  kill -s INT "$azfan_pid"
  wait "$pid"
  grep -q "^signal 2$" "$place/out"
  [ "$(value .exit_status)" = 130 ]
  nothing_is_left
}

@test "the deadline of the run: what runs is stopped, the rest is skipped, exit 124" {
  vms='vm-[1-6]' write_job "deadline: 1s" "timeout: 60s" "concurrency: 2"
  start=$EPOCHREALTIME
  STUB_AZ=hang:nap:30000 run_job
  [ "$status" = 124 ]
  within 8 "$start"
  [ "$(value .counts.cancelled)" = 2 ]
  [ "$(outcome_of vm-1)" = "cancelled deadline" ]
  [ "$(outcome_of vm-6)" = "skipped deadline" ]
  [[ $output == *"deadline of 1s had passed"* ]]
  nothing_is_left
}

@test "started with standard descriptors closed, it runs, and its report is whole" {
  write_job
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" <&- >&- 2>&-
  [ "$(value .counts.ok)" = 3 ]
}

@test "no descriptor of ours, nor one we inherited, is open in az; defaults for its signals" {
  write_job
  cat >"$place/az" <<EOF
#!/bin/sh
[ "\$1" = vm ] && exec "$stub/fds"
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
  (trap '' PIPE HUP; exec 9<"$job" 8>"$place/out"; "$azfan" run "$job" --az "$place/az" --run-dir "$place/run") || true
  seen=$(value '.targets[0].stdout')
  [ "$(grep -c '^fd ' <<<"$seen")" = 3 ] || { echo "$seen"; return 1; }
  grep -q '^fd 0 /dev/null' <<<"$seen"
  grep -qE '^SigBlk:\s*0+$' <<<"$seen"
  # 32 and 33 are the C library's own; posix_spawn() ignores them in every child.
  ignored=$(awk '/^SigIgn/ { print $2 }' <<<"$seen")
  [ $((16#$ignored & 0x7fffffff)) = 0 ]
  [ "$(awk '/^pgid/ { print $2 }' <<<"$seen")" = "$(awk '/^sid/ { print $2 }' <<<"$seen")" ]
}

@test "a reader that leaves ends the output, not the run" {
  vms='vm-[001-300]' write_job
  set +o pipefail
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" 2>/dev/null | head -n 1
  wait_for test -s "$report"
  [ "$(value .counts.ok)" = 300 ]
}

@test "a reader that leaves does not change the exit status: of what only prints, and of a run that failed" {
  vms='vm-[0001-3000]' write_job
  "$top/test/bench/journal" "$place/past" 500 1024
  for command in "targets $job --names" "report $place/past --output each" "help run"; do
    run bash -c '"$@" | head -n 2 >/dev/null; exit ${PIPESTATUS[0]}' - env --default-signal=PIPE "$azfan" $command
    [ "$status" = 0 ]
    [ -z "$output" ]
    # Where whoever started it has SIGPIPE ignored, as systemd does.
    run bash -c '"$@" | head -n 2 >/dev/null; exit ${PIPESTATUS[0]}' - env --ignore-signal=PIPE "$azfan" $command
    [ "$status" = 0 ]
    [ -z "$output" ]
  done
  vms='vm-[01-40]' write_job
  run bash -c '"$@" 2>/dev/null | head -n 2 >/dev/null; exit ${PIPESTATUS[0]}' - "$azfan" rehearse "$job" --run-dir "$place/run" --execute \
    --inject 'vm-*=exit:1' --output each
  [ "$status" = 3 ]
}

@test "a full disk behind standard output does not pass for success" {
  [ -e /dev/full ] || skip "no /dev/full"
  write_job
  status=0
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >/dev/full 2>"$place/errors" || status=$?
  [ "$status" = 1 ]
  grep -q "standard output" "$place/errors"
  [ "$(value .counts.ok)" = 3 ]
}

@test "secrets: one of one VM is one of all, with --set, with --limit, in plan, run and journal" {
  cat >"$job" <<'EOF'
version: 1
name: test
script: {inline: 'echo "token is $TOKEN"'}
targets:
  resource_group: rg
  vms: [{name: a, parameters: {TOKEN: {env: TEST_TOKEN}}}, b, {name: c, parameters: {TOKEN: plain-for-c}}]
EOF
  export TEST_TOKEN=s3cr3t-of-a XDG_STATE_HOME="$place/state"
  {
    "$azfan" plan "$job" --az "$stub/az" --limit c
    "$azfan" plan "$job" --az "$stub/az" --limit b --set TOKEN=s3cr3t-set
    "$azfan" rehearse "$job" --execute --report "$place/report.md" --run-dir "$place/one"
    "$azfan" rehearse "$job" --execute --set TOKEN=s3cr3t-set --run-dir "$place/two"
    "$azfan" rehearse "$job" --execute --set TOKEN=s3cr3t-set --limit b --run-dir "$place/three"
  } >"$place/shown" 2>&1
  grep -q 'token is \*\*\*' "$place/one/output/"*
  [ "$(grep -c "TOKEN='\*\*\*'" "$place/shown")" = 2 ]
  run grep -rE 's3cr3t|plain-for-c' "$place" --exclude=job.yaml
  [ "$status" = 1 ] || { echo "$output"; return 1; }
}

@test "secrets: az prints the script as the guard has it" {
  cat >"$job" <<'EOF'
version: 1
name: test
script: {inline: sleep 1, parameters: {TOKEN: {env: TEST_TOKEN}}}
targets: {resource_group: rg, vms: [vm-1]}
EOF
  cat >"$place/az" <<EOF
#!/bin/bash
[ "\$1" = vm ] || exec "$stub/az" "\$@"
for word; do case \$word in @*) file=\${word#@};; esac; done
cat "\$file"
jq -Rjs '{script: split("\n")} | tojson | ., tojson, .[:index("3cr")]' "\$file" >&2
exit 1
EOF
  chmod +x "$place/az"
  TEST_TOKEN="it's-a-s3cr3t'value" run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" -v
  [ "$(grep -o "TOKEN=[^,]*\*\*\*" "$place/run/output/vm-1.err" | wc -l)" = 3 ]
  run grep -rE "s3cr3t|s-a-s|'value" "$place/run"
  [ "$status" = 1 ] || { echo "$output"; return 1; }
}

@test "secrets: on no command line, in no report, no line, no file" {
  cat >"$job" <<EOF
version: 1
name: test
script:
  inline: echo hello
  parameters:
    TOKEN: {env: TEST_TOKEN}
    OPEN: visible-value
targets:
  resource_group: rg
  vms: [vm-1]
EOF
  cat >"$place/az" <<EOF
#!/bin/bash
tr '\0' ' ' </proc/\$\$/cmdline >>"$place/cmdlines"
for word in "\$@"; do case \$word in @*) grep -q "s3cr3t value" "\${word#@}" && echo "s3cr3t value in the file" >&2; stat -c %a "\${word#@}" >"$place/mode";; esac; done
[ "\$1" = vm ] && { echo "leak: s3cr3t value!"; echo "ERROR: (Odd) s3cr3t value" >&2; exit 1; }
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
  TEST_TOKEN="s3cr3t value" run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" -v
  [ "$status" = 5 ]
  [[ $output != *s3cr3t* ]]
  [[ $output == *"***"* ]]
  run grep -r s3cr3t "$place/run" "$place/cmdlines"
  [ "$status" = 1 ]
  [ "$(cat "$place/mode")" = 600 ]
  grep -q "in the file" "$place/run/output/vm-1.err"
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/none"
  [ "$status" = 2 ]
  [[ $output == *"TEST_TOKEN"* ]]
  TEST_TOKEN="s3cr3t value" run "$azfan" plan "$job" --az "$stub/az"
  [ "$status" = 0 ]
  [[ $output != *s3cr3t* && $output == *visible-value* ]]
  nothing_is_left
}

@test "names from outside: no control or direction character reaches the terminal, the report or the journal" {
  local evil=$'\e]0;t\a\xc2\x9b1m\xe2\x80\xae\nx' raw='[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' runs="$place/state/azfan/runs"
  cd "$place"
  export XDG_STATE_HOME="$place/state"
  write_job
  mv "$job" "job$evil.yaml"
  cat >"$place/az" <<'EOF'
#!/bin/bash
[ "$1" = vm ] && { printf 'ERROR: \302\2331m \342\200\256 \177\n'; printf '\302\2332J\342\200\256' >&2; exit 1; }
exec "$STUB" "$@"
EOF
  chmod +x "$place/az"
  export STUB="$stub/az"
  {
    "$azfan" check "job$evil.yaml" "nothing$evil.yaml"
    "$azfan" plan "job$evil.yaml" --az "$stub/az"
    "$azfan" run "job$evil.yaml" --az "$place/az"
    mv "$runs"/* "$runs/20990101T000000Z-$evil"
    "$azfan" runs
    "$azfan" report "$runs/20990101T000000Z-$evil"
    "$azfan" report "there-is-no$evil"
    "$azfan" rerun "$runs/20990101T000000Z-$evil" --now -q
    "$azfan" run "job$evil.yaml" --az "./az$evil" --report "nowhere$evil/x.json"
  } >shown 2>&1 || true
  grep -q '^20990101T000000Z-\\x1b\]0;t\\x07\\x9b1m\\u202e\\x0ax ' shown
  grep -q '^job\\x1b.*yaml: ok' shown
  run env LC_ALL=C grep -nP "$raw|^x" shown
  [ "$status" = 1 ] || { cat -v <<<"$output"; return 1; }
  run env LC_ALL=C grep -rlP "$raw" "$runs" --include=*.json --include=*.jsonl
  [ "$status" = 1 ] || { cat -v <<<"$output"; return 1; }
  jq -e '.targets[0].stderr | contains("\u009b2J\u202e")' "$runs"/2099*/report.json
}

@test "what a VM prints is data: no control character reaches the terminal" {
  write_job
  cat >"$place/az" <<EOF
#!/bin/bash
[ "\$1" = vm ] && { printf 'ERROR: \033[31mred\033]0;title\a \233 \u202e\n\033[2J' >&2; exit 1; }
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
  "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" -v --color never >"$place/out" 2>&1 || true
  [ -s "$place/out" ]
  run grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$place/out"
  [ "$status" = 1 ]
  jq . "$report" >/dev/null
}

@test "--report writes where it is told, by suffix; a wrong place is told before the run" {
  write_job
  run_job --report "$place/a.json" --report "$place/b.txt" -q
  [ "$status" = 0 ]
  [ "$(jq -r .counts.ok "$place/a.json")" = 3 ]
  grep -q "vm-3  *ok" "$place/b.txt"
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run2" --report "$place/no/such/place.json"
  [ "$status" = 2 ]
  [ ! -e "$place/run2" ]
  run "$azfan" run "$job" --az "$stub/az" --report "$place/report.pdf"
  [ "$status" = 2 ]
}

@test "-q has no line for what is ok, and still says how it ended" {
  write_job
  STUB_AZ=exit1 STUB_AZ_FOR=vm-2 run_job -q
  [ "$status" = 5 ]
  [[ $output != *"vm-1"* && $output == *"vm-2"* && $output == *"2 ok, 1 error of 3 targets"* ]]
}

@test "colours only where they are wanted" {
  write_job
  run_job --color always
  [[ $output == *$'\033[32m'* ]]
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run2"
  [[ $output != *$'\033['* ]]
}

@test "few descriptors: fewer workers, one line that says so, and all is done" {
  vms='vm-[1-40]' write_job "concurrency: 40"
  ulimit -n 64
  run_job
  [ "$status" = 0 ]
  [[ $output == *"ulimit -n"* ]]
}

@test "room for one az alone: none is asked beside it what the subscriptions are called" {
  export STUB_AZ_COUNT=$place/count
  mkdir "$place/count"
  write_job
  ulimit -n 40
  run_job
  [ "$status" = 0 ]
  [[ $output == *"az was not asked: the limit on open files (ulimit -n) is 40"* ]]
  [[ $output == *"subscription 00000000-0000-0000-0000-000000000001: 3 VMs"* ]]
  [ ! -e "$place/count/accounts" ]
}

@test "the summary names what is not ok, what to do about it, and the runbook" {
  vms='vm-[1-4]' write_job "runbook: docs/runbooks/agent.md"
  STUB_AZ=exit1 STUB_AZ_FOR=vm-3 run_job
  [ "$status" = 5 ]
  [[ $output == *"error (other), 1 target:"*"vm-3"*"What to do: "*"3 ok, 1 error of 4 targets"*"Runbook: docs/runbooks/agent.md"* ]]
}

# fake_az SCRIPT: an az that passes the login check and does SCRIPT for an invoke.
fake_az() {
  printf '#!/bin/bash\n[ "$1" = vm ] || exec "%s" "$@"\n%s\n' "$stub/az" "$1" >"$place/az"
  chmod +x "$place/az"
}

@test "a report to a FIFO that nobody reads: told, and the run's own report is there" {
  write_job
  mkfifo "$place/fifo.json"
  run timeout -k 1 20 "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" --report "$place/fifo.json"
  [ "$status" = 1 ]
  [ "$(value .counts.ok)" = 3 ]
  [ "$(value .exit_status)" = 1 ]
  [[ $output == *"fifo.json"* ]]
  nothing_is_left
}

@test "a report to a folder is refused before the run; one behind a link goes where the link points" {
  write_job
  mkdir "$place/folder.json"
  run_job --report "$place/folder.json"
  [ "$status" = 2 ]
  [ ! -e "$place/run" ]
  echo old >"$place/real.json"
  ln -s real.json "$place/link.json"
  run_job --report "$place/link.json"
  [ "$status" = 0 ]
  [ -L "$place/link.json" ]
  [ "$(jq -r .counts.ok "$place/real.json")" = 3 ]
}

@test "a reader that does not read holds up no clock and no signal" {
  vms='vm-[0001-3000]' write_job "deadline: 2s" "concurrency: 2"
  fake_az 'printf "%8000s" x; exit 1'
  mkfifo "$place/pipe"
  exec 7<>"$place/pipe" # a reader that never reads
  start=$EPOCHREALTIME
  "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" -v >"$place/pipe" 2>"$place/errors" 3>&- 7>&- &
  pid=$!
  wait_for test -s "$report"
  within 8 "$start"
  [ "$(value .exit_status)" = 124 ]
  # It still has a summary to deliver; a signal ends that.
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 143 ]
  exec 7>&-
  nothing_is_left
}

@test "a run folder with something in it is refused and stays as it is" {
  write_job
  mkdir -m 755 "$place/run"
  echo mine >"$place/run/notes"
  run_job
  [ "$status" = 1 ]
  [[ $output == *"is not empty"* ]]
  [ "$(stat -c %a "$place/run")" = 755 ]
  rm "$place/run/notes"
  run_job
  [ "$status" = 0 ]
}

@test "a limit on file sizes is an error that is told, not a death" {
  case $azfan in */tsan/*) skip "ThreadSanitizer itself writes a file at its start; the other builds run this" ;; esac
  write_job
  run env --default-signal=XFSZ bash -c "ulimit -f 0; '$azfan' run '$job' --az '$stub/az' --run-dir '$place/run' 2>&1 | cat; exit \${PIPESTATUS[0]}"
  [ "$status" -lt 128 ]
  [ "$status" != 0 ]
  [[ $output == *"may not become larger (see ulimit -f)"* ]]
  nothing_is_left
}

@test "a launcher that gives az a group of its own: az is gone with the attempt all the same" {
  vms='vm-[1-2]' write_job "timeout: 1s" "kill_grace: 200ms"
  fake_az 'set -m; sleep 300.25 & wait'
  run_job --az "$place/az"
  [ "$status" = 4 ]
  [ "$(value '[.targets[].attempts[0].leftovers_killed] | add')" -ge 2 ]
  nothing_is_left
}

@test "daemons that az leaves do not pile up as zombies, and are gone at the end" {
  vms='vm-[001-200]' write_job "concurrency: 4"
  fake_az '(setsid sleep 0.3 >/dev/null 2>&1 </dev/null &); sleep 0.02; exit 1'
  "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" >"$place/out" 2>&1 3>&- &
  pid=$!
  most=0
  while kill -0 "$pid" 2>/dev/null && [ ! -s "$report" ]; do
    now=$(ps -o stat= --ppid "$pid" 2>/dev/null | grep -c '^Z' || true)
    [ "$now" -le "$most" ] || most=$now
  done
  wait "$pid" || true
  # One second's worth of them at the most, where 200 would be all.
  [ "$most" -gt 0 ] || { echo "no zombie was ever seen: this shows nothing"; return 1; }
  [ "$most" -lt 150 ] || { echo "$most zombies"; return 1; }
  nothing_is_left
}

@test "no subscription from az and none in the job: halted, nothing is sent to (null)" {
  write_job
  cat >"$place/az" <<EOF
#!/bin/bash
[ "\$1" = account ] && { echo '{"accessToken": "x", "subscription": null}'; exit 0; }
[ "\$1" = vm ] && echo "\$@" >>"$place/sent"
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
  run_job --az "$place/az"
  [ "$status" = 6 ]
  [[ $output == *"targets.subscription"* ]]
  [ ! -e "$place/sent" ]
  sed -i 's|resource_group: rg|&\n  subscription: 00000000-0000-0000-0000-000000000009|' "$job"
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run2"
  [ "$status" = 0 ]
}

# marks: the marks that the guards were sent with, a line for each attempt: "VM MARK", sorted
marks() {
  fake_az 'for word; do case $word in @*) file=${word#@} ;; */virtualMachines/*) vm=${word##*/} ;; esac; done
echo "$vm $(sed -n "s/.*azfan-once-\([0-9a-f]\{32\}\)$/\1/p" "$file")" >>'"$place/marks"'
echo "ERROR: (Conflict) Run command extension execution is in progress." >&2; exit 1'
  rm -rf "$place/marks" "$place/run"
  run_job --az "$place/az"
  [ "$status" = 5 ]
  sort "$place/marks"
}

@test "a script that must not run twice has one mark for all attempts of a target in a run" {
  vms='vm-[1-2]' write_job "retry: {attempts: 3, delay: 10ms}"
  marks >"$place/first"
  [ "$(wc -l <"$place/first")" = 6 ]
  [ "$(sort -u "$place/first" | grep -cE '^vm-[12] [0-9a-f]{32}$')" = 2 ]
  [ "$(cut -d ' ' -f 2 "$place/first" | sort -u | wc -l)" = 2 ]
  # Another run is another matter.
  marks >"$place/second"
  [ "$(cat "$place/first" "$place/second" | sort -u | wc -l)" = 4 ]

  # The plan's guard shows it.
  run "$azfan" plan "$job" --guard
  [[ $output == *"/azfan-once-00000000000000000000000000000000"* ]]
}

@test "a script that is sent once has a mark too, for a rerun; one that may run twice has none" {
  vms='vm-[1-2]' write_job
  [ "$(marks | grep -cE '^vm-[12] [0-9a-f]{32}$')" = 2 ]
  [ "$(jq -c 'select(.event == "start") | .mark' "$place/run/journal.jsonl" | sort -u)" = "$(jq .run "$report")" ]
  vms=vm-1 write_job "retry: {attempts: 2, delay: 10ms}" "idempotent: true"
  [ "$(marks)" = $'vm-1 \nvm-1 ' ]
  [ "$(jq -c 'select(.event == "start") | .mark' "$place/run/journal.jsonl" | sort -u)" = null ]
  run "$azfan" plan "$job" --guard
  [[ $output == *azfan_nonce=* && $output != *azfan-once* ]]
}

@test "a trailer in standard error alone is no trailer" {
  vms='vm-1' write_job
  fake_az 'for word; do case $word in @*) nonce=$(sed -n "s/^azfan_nonce=//p" "${word#@}");; esac; done
printf "{\"value\":[{\"code\":\"ProvisioningState/succeeded\",\"message\":\"Enable succeeded: \\\\n[stdout]\\\\nhello\\\\n[stderr]\\\\n\\\\nazfan:%s end=exit status=0 seconds=0\\\\n\"}]}" "$nonce"'
  run_job --az "$place/az"
  [ "$status" = 4 ]
  [ "$(outcome_of vm-1)" = "unknown no_trailer" ] || { outcome_of vm-1; value .; return 1; }
}

@test "what the job file says is data too: no escape sequence of it reaches the terminal" {
  write_job 'runbook: "red \e[31m rtl \u202e"' 'description: "\e]0;title\a"'
  STUB_AZ=exit1 run_job
  [[ $output == *"Runbook: red"* ]]
  [[ $output != *$'\e'* && $output != *$'\xe2\x80\xae'* ]]
  run "$azfan" plan "$job" --az "$stub/az"
  [[ $output != *$'\e'* && $output != *$'\a'* ]]
}

@test "--set goes over a target's own parameter as well" {
  cat >"$job" <<EOF
version: 1
name: test
script: {inline: "true", parameters: {ROLE: common}}
targets:
  resource_group: rg
  vms: [{name: vm-1, parameters: {ROLE: own}}]
EOF
  run "$azfan" plan "$job" --az "$stub/az" --set ROLE=mine
  [[ $output == *"ROLE='mine'"* && $output != *"ROLE='own'"* ]]
}

@test "a terminal that is not read holds up no clock and no signal" {
  vms='vm-[0001-3000]' write_job "deadline: 2s" "concurrency: 2"
  fake_az 'printf "%8000s" x; exit 1'
  start=$EPOCHREALTIME
  "$stub/unread" "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" -v >"$place/out" 3>&- &
  pid=$!
  wait_for test -s "$report"
  within 8 "$start"
  [ "$(value .exit_status)" = 124 ]
  kill -TERM "$(awk '/^pid/ { print $2 }' "$place/out")"
  wait "$pid"
  grep -q "^signal 15$" "$place/out"
  nothing_is_left
}

@test "what survives of an attempt cannot read another target's script" {
  vms='vm-[1-4]' write_job "concurrency: 1"
  fake_az 'for word; do case $word in @*) file=${word#@};; */virtualMachines/*) name=${word##*/};; esac; done
setsid sh -c "echo >$PLACE/$name.gone; sleep 0.3; cat $file >$PLACE/$name.read" &
until [ -e "$PLACE/$name.gone" ]; do :; done # it has left the group
exit 0'
  PLACE=$place run_job --az "$place/az"
  [ "$status" = 4 ]
  # It looked while the next target's attempt was under way; what it found is empty or its own.
  for name in vm-1 vm-2; do
    run grep -h "AZFAN_TARGET=" "$place/$name.read"
    [[ -z $output || $output == *"'$name'"* ]] || { echo "$name read: $output"; return 1; }
  done
}
