#!/usr/bin/env bats
# A run that goes on, seen and ended from elsewhere. Each waits at the gate of the stub az, so that it goes on until a
# test opens that. What it looks like in a terminal is in test/terminal.

bats_require_minimum_version 1.5.0
load helper

setup() {
  setup_place
  export STUB_AZ_COUNT=$place/count STUB_AZ_LOG=$place/log
  mkdir "$STUB_AZ_COUNT"
  : >"$STUB_AZ_LOG"
}

teardown() {
  open_gate
  [ -z "$(jobs -p)" ] || kill -KILL $(jobs -p) 2>/dev/null || true
}

open_gate() { : >"$STUB_AZ_COUNT/go"; }

logged() { [ "$(wc -l <"$STUB_AZ_LOG")" -ge "$1" ]; }

# begin [OPTION...]: a run of $job in the folder of runs. Every shell has SIGINT ignored in a background job; this one
# has not. Its process is `pid`, its id `id`.
begin() {
  local before
  before=$(wc -l <"$STUB_AZ_LOG")
  STUB_AZ=${STUB_AZ:-gate} perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
    "$azfan" run "$job" --az "$stub/az" "$@" >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
  wait_for logged $((before + ${runs_at_once:-2}))
  id=$("$azfan" runs -q | head -n 1)
}

# write_20: a job of 20 VMs, of which two run at once.
write_20() { vms='vm-[01-20]' write_job "concurrency: 2" "$@"; }

# look COMMAND [ARGUMENT...]: azfan beside it, in the background as well; its process is `looker`. With n=2 a second one.
look() {
  perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$azfan" "$@" >"$place/seen${n-}" 2>"$place/told${n-}" 3>&- &
  looker=$!
}

told() { grep -qF -- "$1" "$place/told${n-}"; }
said() { grep -qF -- "$1" "$place/errors"; }

# ended PID: its exit status, in `status`.
ended() {
  status=0
  wait "$1" 2>/dev/null || status=$?
}

journal_of() { echo "$XDG_STATE_HOME/azfan/runs/$1/journal.jsonl"; }

# ---- watch ----

@test "watch: what has ended, what ends, the summary, and the run's exit status" {
  write_20
  STUB_AZ_FOR="/vm-03 /vm-04" STUB_AZ=gate STUB_AZ_ELSE=script_fails begin
  wait_for grep -q 'vm-02 ' "$place/out"
  look watch
  wait_for grep -q 'vm-02 ' "$place/seen"
  told "azfan: $id has been going on since "
  told " on $(hostname), pid $pid)"
  open_gate
  ended "$looker"
  [ "$status" = 3 ]
  # The same lines in the same order, and the same summary.
  diff "$place/out" "$place/seen"
  ended "$pid"
  [ "$status" = 3 ]
}

@test "watch: --progress json is the journal" {
  write_20
  begin
  look watch "$id" --progress json
  wait_for told '"event":"start"'
  open_gate
  ended "$looker"
  [ "$status" = 0 ]
  ended "$pid"
  grep -v '"event":"note"' "$place/told" | diff - "$(journal_of "$id")"
}

@test "watch: Ctrl-C ends the watching, and not the run" {
  write_20
  begin
  look watch
  wait_for told "has been going on since"
  kill -INT "$looker"
  ended "$looker"
  [ "$status" = 130 ]
  told "azfan: the run goes on; to see it again: azfan watch $id"
  open_gate
  ended "$pid"
  [ "$status" = 0 ]
  ! said SIGINT || return 1
}

@test "watch: an azfan that is killed meanwhile is told, with the way on" {
  write_20
  begin
  look watch
  wait_for told "has been going on since"
  kill -KILL "$pid"
  ended "$looker"
  [ "$status" = 137 ]
  grep -qF "Interrupted: azfan was killed" "$place/seen"
  grep -qF "Again:   azfan rerun $id (what is not ok" "$place/seen"
}

@test "watch and stop: a run that is over is said to be, and shown as report shows it" {
  write_20
  open_gate
  begin
  ended "$pid"
  run --separate-stderr "$azfan" watch "$id"
  [ "$status" = 0 ]
  [ "$stderr" = "azfan: $id is over" ]
  [[ $output == *"test: 20 ok of 20 targets"*"Report:  "* ]]
  STUB_AZ=script_fails "$azfan" run "$job" --az "$stub/az" >"$place/out" 2>&1 || [ $? = 3 ]
  run "$azfan" watch test # the latest of that job
  [ "$status" = 3 ]
  run --separate-stderr "$azfan" stop test
  [ "$status" = 0 ]
  [[ $stderr == "azfan: "*" is over" && $output == *"20 failed of 20"* ]]
}

@test "watch and stop: none goes on, and several do" {
  write_20
  for command in watch stop; do
    run "$azfan" "$command"
    [ "$status" = 7 ]
    [ "$output" = 'azfan: no run of yours is going on here; `azfan report` shows the latest' ]
    run "$azfan" "$command" nonsense
    [ "$status" = 2 ]
    [[ $output == "azfan: there is no run nonsense"* ]]
  done
  begin
  first=$pid
  begin --overlap
  for command in watch "stop --now"; do
    run "$azfan" $command
    [ "$status" = 2 ]
    [[ ${lines[0]} == "azfan: 2 runs are going on: which one? azfan ${command% *} RUN" ]]
    [ "$(grep -c ' has been going on since .*, pid ' <<<"$output")" = 2 ]
  done
  # A job's name means the run of it that goes on, also when a later one is over.
  kill -KILL "$first"
  ended "$first"
  "$azfan" rehearse "$job" -q >/dev/null
  run "$azfan" stop test --now
  [ "$status" = 0 ]
  [[ $output == *"azfan: $id has been going on since"* ]]
}

@test "watch: a run that nobody says yes to leaves nothing, and so says it" {
  write_20 "confirm: 1"
  mkfifo "$place/fifo"
  script -qfc "$azfan run $job --az $stub/az" "$place/out" <>"$place/fifo" >/dev/null 2>&1 3>&- &
  pid=$!
  wait_for grep -q '\[y/N\]' "$place/out"
  look watch
  wait_for told "has been going on since"
  kill -TERM "$(pgrep -f "^$azfan run $job")"
  ended "$looker"
  [ "$status" = 2 ]
  told "azfan: the run was given up: nothing was started, and nothing is kept"
}

# ---- stop ----

@test "stop drains: what runs may end, nothing new starts, and it waits for that" {
  write_20
  begin
  look stop
  wait_for said "SIGINT: no new starts; waiting for 2 still running"
  wait_for told "SIGINT: no new starts; waiting for 2 still running (azfan stop --now stops them)"
  told "azfan: $id has been going on since "
  told "azfan: SIGINT sent: no new starts; what runs may end (azfan stop --now stops it)"
  # A second one sends nothing: it would stop what runs.
  first=$looker
  n=2 look stop "${id: -4}"
  n=2 wait_for told "azfan: it is being ended already: only waiting for that"
  kill -INT "$looker"
  ended "$looker"
  [ "$status" = 130 ]
  looker=$first
  open_gate
  ended "$looker"
  [ "$status" = 0 ]
  grep -qF "test: 2 ok, 18 skipped of 20 targets" "$place/seen"
  grep -qF "Stopped by SIGINT." "$place/seen"
  ended "$pid"
  [ "$status" = 130 ]
  ! said "stopping 2 still running" || return 1
}

@test "stop --now stops what runs, also while it is drained" {
  write_20 "kill_grace: 1s"
  begin
  look stop
  wait_for said "waiting for 2 still running"
  run "$azfan" stop --now
  [ "$status" = 0 ]
  [[ $output == *"azfan: SIGTERM sent: no new starts, and what runs is stopped"*"2 cancelled, 18 skipped of 20"* ]]
  ended "$looker"
  [ "$status" = 0 ]
  ended "$pid"
  [ "$status" = 130 ]
  said "stopping 2 still running"
  nothing_is_left
}

@test "stop: the run is suspended, and goes on to its end" {
  write_20 "kill_grace: 1s"
  begin
  kill -STOP "$pid"
  wait_for grep -q '^State:.T' "/proc/$pid/status"
  run "$azfan" stop --now
  [ "$status" = 0 ]
  [[ $output == *"2 cancelled, 18 skipped of 20"* ]]
}

@test "stop: a run that ignores SIGINT can only be stopped with --now" {
  write_20 "kill_grace: 1s"
  STUB_AZ=gate perl -e '$SIG{INT} = "IGNORE"; exec @ARGV' \
    "$azfan" run "$job" --az "$stub/az" >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
  wait_for logged 2
  run "$azfan" stop
  [ "$status" = 1 ]
  [[ $output == *"ignores SIGINT, as in the background of a script: only --now can stop it"* ]]
  run "$azfan" stop --now
  [ "$status" = 0 ]
}

# ---- whose it is ----

# foreign FILTER: a run whose journal has another first line, and whose lock the process `holder` has.
foreign() {
  folder=$XDG_STATE_HOME/azfan/runs/20261126T030000Z-foreign-1a2b
  mkdir -p -m 700 "$folder"
  jq -c "if .event == \"run\" then .run = \"${folder##*/}\" | $1 else . end" "$(journal_of "$id")" | head -n -1 >"$folder/journal.jsonl"
  flock -x -o "$folder/journal.jsonl" sh -c 'echo >"$0"; exec cat' "$place/held" <"$place/fifo" 3>&- &
  holder=$!
  wait_for test -e "$place/held"
}

# finished: a run that is over, of which foreign() makes another one.
finished() {
  mkfifo "$place/fifo"
  exec 4<>"$place/fifo"
  write_20
  open_gate
  begin
  ended "$pid"
  sleep infinity 3>&- 4>&- &
  other=$!
}

@test "stop: a number that is another process's by now is not signalled" {
  finished
  foreign ".pid = $other"
  run "$azfan" stop --now
  [ "$status" = 1 ]
  [[ $output == "azfan: "*" has been going on since "*", pid $other), but that process is not at it here: nothing was sent."* ]] || { echo "$output"; return 1; }
  kill -0 "$other"
  kill "$holder" "$other"
}

@test "stop: a number that nobody has, and none at all" {
  finished
  kill "$other"
  wait "$other" || true
  foreign ".pid = $other"
  run "$azfan" stop
  [ "$status" = 1 ]
  [[ $output == *"that process is not at it here: nothing was sent."* ]]
  sed -i 's/"pid":[0-9]*,//' "$folder/journal.jsonl"
  kill "$holder"
}

@test "stop: a run of another machine is stopped there; watch shows it" {
  finished
  foreign ".pid = $other | .host = \"ops-2\""
  run "$azfan" stop
  [ "$status" = 1 ]
  [[ $output == *" on ops-2, pid $other): it can be stopped there alone: ssh ops-2 azfan stop ${folder##*/}" ]] || { echo "$output"; return 1; }
  run "$azfan" stop --now 1a2b
  [[ $output == *": ssh ops-2 azfan stop ${folder##*/} --now" ]]
  kill -0 "$other"
  look watch
  wait_for grep -q 'vm-20 ' "$place/seen"
  kill -INT "$looker"
  kill "$holder" "$other"
}

@test "stop: another user's run is out of reach, which is said" {
  folder=$place/theirs
  mkdir -m 0 "$folder"
  as=
  if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid 65534 --clear-groups"
    $as test -x "$azfan" || skip "nobody else can run azfan here"
  fi
  for command in stop watch report; do
    run $as "$azfan" "$command" "$folder"
    [ "$status" = 2 ]
    [ "$output" = "azfan: cannot look into $folder: Permission denied; its owner and root can" ] || { echo "$output"; return 1; }
  done
}

# ---- who runs now ----

@test "report and runs of a run that goes on say who runs, and for how long" {
  write_20
  begin
  run "$azfan" report
  [[ $output =~ "Still going on: 0 of 20 have ended, 2 running: vm-0"[12]" ("[0-9]+"s), vm-0"[12]" ("[0-9]+"s)." ]] || { echo "$output"; return 1; }
  run "$azfan" runs
  [[ ${lines[1]} =~ "none of 20; going on, 2 running: vm-0"[12]" ("[0-9]+"s), vm-0"[12]" ("[0-9]+"s)" ]] || { echo "$output"; return 1; }
  # Until now, not until the last thing that happened.
  last=$(jq -s 'last.at_s' "$(journal_of "$id")")
  wait_for later
}

later() { "$azfan" runs --json | jq -e ".duration_s > $last + 1"; }
