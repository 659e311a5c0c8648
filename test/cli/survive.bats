#!/usr/bin/env bats
# A run over hundreds of VMs meets trouble: what it says, what is on disk, and what a rerun makes of it.
#
# AZFAN_KILLS is how often a run is killed, at a random moment each; AZFAN_SEED makes them the same again.

load helper

setup() {
  setup_place
  export STUB_AZ_COUNT=$place/count
  log=$place/log runs=$XDG_STATE_HOME/azfan/runs
  mkdir "$STUB_AZ_COUNT"
  : >"$log"
}

teardown() {
  local mounted
  for mounted in "$place/disk" "$place/run/output"; do
    ! mountpoint -q "$mounted" || umount "$mounted"
  done
  rm -rf ${open:+"$open"}
}

# ---- what is looked at ---------------------------------------------------------------------------

# start COMMAND [OPTION...]: azfan in the background, its process id in `pid`. Every shell has SIGINT
# ignored in a background job; this one has not.
start() {
  local command=$1
  shift
  STUB_AZ_LOG=$log perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
    "$azfan" "$command" "$@" >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
}

start_job() { start run "$job" --az "$stub/az" --run-dir "$place/run" "$@"; }

# end: waits for what was started; its status is in `status`.
end() {
  status=0
  wait "$pid" 2>/dev/null || status=$?
}

# logged COUNT: so many invokes have begun.
logged() { [ "$(wc -l <"$log")" -ge "$1" ]; }

open_gate() { : >"$STUB_AZ_COUNT/go"; }

# said TEXT...: each stands on standard error of what was started.
said() {
  local text
  for text; do
    grep -qF -- "$text" "$place/errors" || { echo "not said: $text"; cat "$place/errors"; return 1; }
  done
}

# names LIST: vm-1 vm-2 … in the order of a range.
names() { "$azfan" targets "$job" --names; }

# events FOLDER FILTER: of every line of the journal there that is whole.
events() { jq -rR "fromjson? | $2" "$1/journal.jsonl"; }

# A journal as it must be at the end of any run: every line whole, the run first, its finish last, the
# clock never falls, and an attempt ends, or was put back, once after each start.
whole_journal() { # [FOLDER]
  local folder=${1:-$place/run}
  jq -es '
    (.[0].event == "run") and (.[1].event == "targets") and (.[-1].event == "finish") and
    ([.[] | select(.event == "finish")] | length == 1) and
    ([.[] | .at_s // empty] | . == sort) and
    ([.[] | select(.event == "start" or .event == "end" or .event == "put_back")] | group_by(.target) |
      all(.[]; [.[].event] | (length % 2 == 0) and
        ([.[range(0; length; 2)]] | all(.[]; . == "start")) and
        ([.[range(1; length; 2)]] | all(.[]; . != "start"))))' \
    "$folder/journal.jsonl" >/dev/null || { cat "$folder/journal.jsonl"; return 1; }
}

# What `report` makes of the journal alone is what the run itself reported.
same_report() { # [FOLDER]
  local folder=${1:-$place/run}
  "$azfan" report "$folder" --report "$place/again.json" >/dev/null || return 1
  diff <(jq -S . "$folder/report.json") <(jq -S . "$place/again.json")
}

# Everything in the folder of runs: names, sizes, times, contents.
state() {
  find "$place/state" "$place/run" -printf '%P %s %T@ %m\n' 2>/dev/null | sort
  find "$place/state" "$place/run" -type f -exec sha256sum {} + 2>/dev/null | sort
}

only_run() { basename "$runs"/*; }
newest_run() { "$azfan" runs -q -n 1; }

# ---- SIGKILL -------------------------------------------------------------------------------------

# The targets that the journal in FOLDER has settled, "NAME OUTCOME" a line, sorted.
settled() { events "$1" 'select(.event == "end" and .settled) | .target + " " + .outcome' | sort; }

# The targets whose line is whole in FILE, the same way.
shown() {
  [ -z "$(tail -c 1 "$1")" ] || sed -i '$d' "$1"
  sed -nE 's/^\[ *[0-9]+\/[0-9]+\] (\S+) +(\S+).*/\1 \2/p' "$1" | sort
}

# nothing_began FOLDER...: a run that was killed before it had written who it is.
nothing_began() {
  [ ! -s "$log" ] || { echo "started, and there is no journal"; return 1; }
  [ ! -e "$1" ] || [ "$(wc -l <"$1/journal.jsonl" 2>/dev/null || echo 0)" -lt 2 ]
}

# kill_after SECONDS COMMAND [OPTION...]
kill_after() {
  local seconds=$1
  shift
  start "$@"
  read -rt "$seconds" <>"$place/clock" || true
  kill -KILL "$pid" 2>/dev/null || true
  end
}

# nothing_lost FOLDER: what was shown and what was started is in the journal.
nothing_lost() {
  local lost
  settled "$1" >"$place/settled"
  lost=$(comm -23 <(shown "$place/out") "$place/settled")
  [ -z "$lost" ] || { echo "shown, not in the journal: $lost"; return 1; }
  lost=$(comm -23 <(sort -u "$log") <(events "$1" 'select(.event == "start") | .target' | sort -u))
  [ -z "$lost" ] || { echo "started, not in the journal: $lost"; return 1; }
}

# survive_kill SECONDS: a run of 300 is killed after so long.
survive_kill() {
  local folder again
  rm -rf "$XDG_STATE_HOME" "${XDG_RUNTIME_DIR:?}"/*
  : >"$log"
  STUB_AZ=exit1 STUB_AZ_FOR="vm-003 vm-077 vm-150 vm-299" kill_after "$1" run "$job" --az "$stub/az"
  folder=$(echo "$runs"/*)
  if nothing_began "$folder"; then
    began=$((began - 1))
    return 0
  fi
  nothing_lost "$folder" || return 1
  "$azfan" report --report "$place/killed.json" || return 1
  "$azfan" runs >"$place/list" || return 1
  if ! tail -n 1 "$folder/journal.jsonl" | grep -q '^{"event":"finish"'; then
    grep -q "; interrupted$" "$place/list" || { cat "$place/list"; return 1; }
    [ "$(jq .exit_status "$place/killed.json")" = 137 ] || return 1
  fi
  diff <(jq -r '.targets[] | select(.outcome == "ok") | .name' "$place/killed.json" | sort) \
    <(sed -n 's/ ok$//p' "$place/settled") || return 1
  # Exactly the others run again, each once, and then nothing is left.
  : >"$log"
  STUB_AZ_LOG=$log "$azfan" rerun --now >"$place/out" 2>&1 || { cat "$place/out"; return 1; }
  diff <(names | sort | comm -23 - <(sed -n 's/ ok$//p' "$place/settled")) <(sort "$log") || return 1
  for again in "" "$(basename "$folder")"; do
    "$azfan" rerun ${again:+"$again"} >"$place/out" || return 1
    grep -q "nothing left to do" "$place/out" || { cat "$place/out"; return 1; }
  done
}

write_large_job() {
  export STUB_AZ_MS=3
  vms='vm-[001-300]' write_job "concurrency: 20"
  mkfifo "$place/clock"
}

# How long one run takes that is left alone, in milliseconds.
measure_run() {
  local start=$EPOCHREALTIME
  rm -rf "$place/whole"
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/whole" >"$place/out" 2>&1 || return 1
  awk -v start="$start" -v now="$EPOCHREALTIME" 'BEGIN { printf "%d", (now - start) * 1000 }'
}

@test "SIGKILL at any moment: what was shown is in the journal, and a rerun runs the rest" {
  kills=${AZFAN_KILLS:-4} seed=${AZFAN_SEED:-$RANDOM} began=$kills
  write_large_job
  RANDOM=$seed
  for i in $(seq "$kills"); do
    # Now and then anew: a machine that was busy may be idle by now, and then most kills came too late.
    [ $((i % 20)) != 1 ] || milliseconds=$(measure_run)
    # Every eighth falls into the first milliseconds, when there may be no journal yet.
    moment=$((RANDOM * (milliseconds + 20) / 32768))
    [ $((i % 8)) != 0 ] || moment=$((RANDOM * 15 / 32768))
    survive_kill "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))" ||
      { echo "kill $i, after $moment of $milliseconds ms; AZFAN_SEED=$seed"; return 1; }
  done
  echo "# $kills kills within $milliseconds ms, $began of them of a run that had begun" >&3
}

@test "reruns that are killed as well: the list shrinks, and what is ok never runs again" {
  write_large_job
  milliseconds=$(measure_run)
  # On a busy machine a run takes seconds: its third is no third of one second.
  kill_after "$((milliseconds / 3000)).$(printf '%03d' $((milliseconds / 3 % 1000)))" run "$job" --az "$stub/az"
  first=$(only_run)
  : >"$place/ok"
  for i in 1 2 3; do
    settled "$runs/$(newest_run)" | sed -n 's/ ok$//p' >>"$place/ok"
    : >"$log"
    kill_after "$((milliseconds / 6000)).$(printf '%03d' $((milliseconds / 6 % 1000)))" rerun --now "$first"
    [ -z "$(comm -12 <(sort "$place/ok") <(sort -u "$log"))" ]
    nothing_lost "$runs/$(newest_run)"
  done
  run "$azfan" rerun --now "$first"
  [ "$status" = 0 ]
  run "$azfan" rerun "$first"
  [ "$status" = 0 ]
  [[ $output == "$first: nothing left to do"* ]]
}

@test "a signal at any moment: the journal is whole, and the report can be made of it again" {
  write_large_job
  milliseconds=$(measure_run)
  for i in 1 2 3 4 5 6; do
    rm -rf "$place/run"
    start_job
    read -rt "$(printf '0.%03d' $((i * milliseconds / 7 % 1000)))" <>"$place/clock" || true
    # It may have ended by now.
    if [ $((i % 2)) = 0 ]; then kill -TERM "$pid" || true; else kill -INT "$pid" || true; fi
    end
    [ ! -e "$place/run" ] || { whole_journal && same_report; }
  done
  nothing_is_left
}

# The state of each thread: the letter behind its name in parentheses.
all_threads_are_stopped() { ! sed 's/.*) //' /proc/"$1"/task/*/stat | grep -q '^[^T]'; }

@test "what ends at once is counted one by one" {
  vms='vm-[01-10]' write_job "concurrency: 10"
  STUB_AZ=gate start_job
  wait_for logged 10
  kill -STOP "$pid"
  wait_for all_threads_are_stopped "$pid" # a signal takes its time
  open_gate
  wait_for zombies "$pid" 10
  kill -CONT "$pid"
  end
  [ "$status" = 0 ]
  diff <(sed -nE 's/^\[ *([0-9]+)\/10\].*/\1/p' "$place/out") <(seq 10)
}

@test "what happens at once is put on disk at once: one fdatasync for many lines" {
  command -v strace >/dev/null || skip "no strace"
  vms='vm-[01-30]' write_job "concurrency: 30"
  # A leak cannot be looked for while somebody traces.
  STUB_AZ=gate STUB_AZ_LOG=$log ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=fdatasync -o "$place/trace" \
    "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
  wait_for test -s "$place/trace" || skip "nobody may trace here"
  wait_for grep -q '"workers"' "$place/run/journal.jsonl" # the trace may begin before the journal does
  wait_for logged "$(events "$place/run" .workers | head -n 1)"
  open_gate
  end
  [ "$status" = 0 ]
  syncs=$(grep -c 'fdatasync(.*= 0' "$place/trace")
  lines=$(wc -l <"$place/run/journal.jsonl")
  [ "$lines" -ge 64 ]
  [ "$syncs" -ge 4 ] # the head, the starts, the ends, the finish
  [ "$syncs" -le 25 ] || { echo "$syncs for $lines lines"; return 1; }
}

# ---- retry ---------------------------------------------------------------------------------------

attempts_of() { value ".targets[] | select(.name == \"$1\") | [.attempts[] | .outcome + \" \" + .reason] | join(\", \")"; }

# The pause before the second attempt of vm-1, in milliseconds.
pause_of_vm_1() {
  value '.targets[0].attempts | (.[1].at_s - .[0].at_s - .[0].duration_s) * 1000 | floor'
}

@test "retry: busy twice, then ok" {
  write_job "retry: {attempts: 3, delay: 50ms}"
  STUB_AZ=busy:2 STUB_AZ_FOR=vm-1 start_job
  end
  [ "$status" = 0 ]
  [ "$(attempts_of vm-1)" = "error busy, error busy, ok " ]
  [ "$(attempts_of vm-2)" = "ok " ]
  [ "$(pause_of_vm_1)" -ge 37 ]
  said "vm-1: busy, again in" "(attempt 2 of 3)" "(attempt 3 of 3)"
  [ "$(grep -c vm-1 "$place/out")" = 1 ]
  whole_journal
  same_report
  nothing_is_left
}

@test "retry: all attempts used up" {
  write_job "retry: {attempts: 3, delay: 10ms}"
  STUB_AZ=busy STUB_AZ_FOR=vm-2 start_job
  end
  [ "$status" = 5 ]
  [ "$(attempts_of vm-2)" = "error busy, error busy, error busy" ]
  [ "$(outcome_of vm-2)" = "error busy" ]
  [ "$(value .counts.ok)" = 2 ]
  [ "$(grep -c vm-2 "$log")" = 3 ]
  same_report
}

@test "retry: not when the script may have started, unless that does no harm" {
  vms=vm-1 write_job "retry: {delay: 10ms}"
  STUB_AZ=lost:1 start_job
  end
  [ "$status" = 5 ]
  [ "$(attempts_of vm-1)" = "error network" ]
  rm -rf "$place/run" "${STUB_AZ_COUNT:?}"/*
  vms=vm-1 write_job "retry: {delay: 10ms}" "idempotent: true"
  STUB_AZ=lost:1 start_job
  end
  [ "$status" = 0 ]
  [ "$(attempts_of vm-1)" = "error network, ok " ]
}

@test "retry: Azure's own \"try again after\" is waited for" {
  vms=vm-1 write_job "retry: {attempts: 2, delay: 10ms}"
  STUB_AZ=wait:1 start_job
  end
  [ "$status" = 0 ]
  [ "$(pause_of_vm_1)" -ge 1000 ]
  said "Azure asks to wait 1s"
}

@test "retry: one that could only begin after the deadline is not waited for" {
  write_job "retry: {delay: 60s}" "deadline: 30s"
  start=$EPOCHREALTIME
  STUB_AZ=busy STUB_AZ_FOR=vm-1 start_job
  end
  within 8 "$start"
  [ "$status" = 5 ]
  [ "$(attempts_of vm-1)" = "error busy" ]
}

@test "the deadline passes while a target waits for its retry" {
  write_job "retry: {attempts: 100, delay: 300ms, factor: 1}" "deadline: 1s"
  STUB_AZ=busy STUB_AZ_FOR=vm-1 STUB_AZ_ELSE=hang:nap:30000 start_job
  end
  [ "$status" = 124 ]
  [ "$(outcome_of vm-1)" = "error busy" ]
  [ "$(outcome_of vm-2)" = "cancelled deadline" ]
  [ "$(value .exit_status)" = 124 ]
  whole_journal
  same_report
  nothing_is_left
}

@test "run and rehearse warn when the job may not finish by its deadline" {
  write_job "deadline: 60s"
  start_job
  end
  [ "$status" = 0 ]
  said "this job may not finish by its deadline: 3 targets, 3 at once, are 1 round of up to 3m42s"
  run "$azfan" rehearse "$job" --deadline 3m --run-dir "$place/rehearsal"
  [ "$status" = 0 ]
  [[ $output == *"may not finish by its deadline"*"; the deadline is 3m"* ]]
  run "$azfan" run "$job" --az "$stub/az" --deadline 10m --run-dir "$place/run2"
  [[ $output != *"by its deadline"* ]]
}

# ---- batches, thresholds, throttling -------------------------------------------------------------

@test "batches: one begins when the one before has ended and the pause is over" {
  vms='vm-[01-10]' write_job "batches: [1, 50%, 100%]" "pause_between: 300ms" "concurrency: 3"
  STUB_AZ_MS=20 start_job
  end
  [ "$status" = 0 ]
  said "10 targets, 3 at once, in 3 batches"
  [ "$(value '[.targets[].batch] | join(" ")')" = "1 2 2 2 2 2 3 3 3 3" ]
  jq -es '([.[] | select(.event == "targets").targets[] | {(.label): .batch}] | add) as $batch |
    [2, 3] | all(.[]; . as $number |
      ([$ARGS.named.all[] | select(.event == "end" and $batch[.target] == $number - 1).at_s] | max) as $ended |
      ([$ARGS.named.all[] | select(.event == "start" and $batch[.target] == $number).at_s] | min) as $began |
      $began >= $ended + 0.299)' --slurpfile all "$place/run/journal.jsonl" "$place/run/journal.jsonl"
  whole_journal
  same_report
}

@test "max_failures 0: a canary that fails keeps the others from harm" {
  vms='vm-[01-30]' write_job "batches: [1, 100%]" "max_failures: 0"
  STUB_AZ=script_fails STUB_AZ_FOR=vm-01 start_job
  end
  [ "$status" = 6 ]
  [ "$(cat "$log")" = vm-01 ]
  [ "$(value .counts.skipped)" = 29 ]
  [ "$(outcome_of vm-01)" = "failed exit" ]
  [ "$(outcome_of vm-30)" = "skipped halted" ]
  said "halted: 1 target has failed, and max_failures allows 0"
  [[ $(value .halt_cause) == "1 target has failed"* ]]
  whole_journal
  same_report
}

@test "max_failures 10%: halted when more than that have failed, not before" {
  vms='vm-[01-20]' write_job "max_failures: 10%" "concurrency: 1"
  STUB_AZ=script_fails start_job
  end
  [ "$status" = 6 ]
  [ "$(wc -l <"$log")" = 3 ]
  [ "$(value .counts.failed)" = 3 ]
  rm -rf "$place/run"
  STUB_AZ=script_fails STUB_AZ_FOR="vm-01 vm-20" start_job
  end
  [ "$status" = 3 ]
  [ "$(value .counts.ok)" = 18 ]
}

@test "on_halt: stop stops what runs, drain lets it end" {
  write_job "max_failures: 0" "on_halt: stop" "kill_grace: 1s"
  STUB_AZ=script_fails STUB_AZ_FOR=vm-1 STUB_AZ_ELSE=hang:nap:30000 STUB_AZ_MS=300 start_job
  end
  [ "$status" = 6 ]
  [ "$(outcome_of vm-2)" = "cancelled halted" ]
  whole_journal
  same_report
  rm -rf "$place/run"
  : >"$log"
  write_job "max_failures: 0" "on_halt: drain"
  STUB_AZ=script_fails STUB_AZ_FOR=vm-1 STUB_AZ_ELSE=gate STUB_AZ_MS=300 start_job
  wait_for grep -q halted "$place/errors"
  open_gate
  end
  [ "$status" = 6 ]
  [ "$(value .counts.ok)" = 2 ]
  nothing_is_left
}

@test "throttling: half as many at once, told once a burst, and all is done in the end" {
  vms='vm-[1-8]' write_job "concurrency: 8" "retry: {attempts: 5, delay: 100ms}"
  STUB_AZ=throttled:1 start_job
  end
  [ "$status" = 0 ]
  workers=$(value .concurrency.workers)
  [ "$(events "$place/run" 'select(.event == "limit").limit' | head -n 1)" = $((workers / 2)) ]
  [ "$(value .concurrency.least)" = $((workers / 2)) ]
  [ "$(value .concurrency.times_halved)" = 1 ]
  said "Azure throttles: running $((workers / 2)) at once"
  grep -q "^Azure throttled: down to $((workers / 2)) at once, from $workers$" "$place/out"
  [ "$(value '[.targets[].attempts | length] | add')" = 16 ]
  whole_journal
  same_report
}

# ---- signals -------------------------------------------------------------------------------------

# start_at_gate [LINE...]: a run over 20 VMs, two of which wait at the gate.
start_at_gate() {
  vms='vm-[01-20]' write_job "concurrency: 2" "$@"
  STUB_AZ=gate start_job
  wait_for logged 2
}

@test "the first SIGINT drains: what runs ends well, the rest waits for a rerun" {
  start_at_gate
  kill -INT "$pid"
  wait_for said "SIGINT: no new starts; waiting for 2 still running (press again to stop them)"
  wait_for said "go on with: azfan rerun $place/run"
  open_gate
  end
  [ "$status" = 130 ]
  [ "$(value .exit_status)" = 130 ]
  [ "$(value '[.counts.ok, .counts.skipped] | join(" ")')" = "2 18" ]
  [ "$(outcome_of vm-20)" = "skipped signal" ]
  [ "$(events "$place/run" 'select(.event == "finish").exit_status')" = 130 ]
  whole_journal
  same_report
  nothing_is_left
  : >"$log"
  STUB_AZ_LOG=$log run "$azfan" rerun "$place/run"
  [ "$status" = 0 ]
  [ "$(wc -l <"$log")" = 18 ]
}

@test "the second SIGINT stops what runs" {
  vms='vm-[01-20]' write_job "concurrency: 2" "kill_grace: 1s"
  STUB_AZ=hang:nap:30000 start_job
  wait_for children "$pid" 2
  kill -INT "$pid"
  wait_for said "waiting for 2 still running"
  start=$EPOCHREALTIME
  kill -INT "$pid"
  end
  within 8 "$start"
  [ "$status" = 130 ]
  said "SIGINT: no new starts; stopping 2 still running"
  [ "$(value '[.counts.cancelled, .counts.skipped] | join(" ")')" = "2 18" ]
  [ "$(value .targets[0].may_still_run)" = true ]
  whole_journal
  same_report
  nothing_is_left
}

@test "the third SIGINT kills at once, whatever kill_grace says" {
  vms='vm-[01-20]' write_job "concurrency: 2" "kill_grace: 60s"
  STUB_AZ=hang:stubborn start_job
  wait_for children "$pid" 2
  kill -INT "$pid"
  wait_for said "waiting for 2 still running"
  kill -INT "$pid"
  wait_for said "stopping 2 still running"
  start=$EPOCHREALTIME
  kill -INT "$pid"
  end
  within 8 "$start"
  [ "$status" = 130 ]
  said "killing 2 running"
  [ "$(value .counts.cancelled)" = 2 ]
  whole_journal
  nothing_is_left
}

@test "SIGTERM and SIGHUP stop what runs at once" {
  for signal in TERM HUP; do
    rm -rf "$place/run"
    vms='vm-[01-20]' write_job "concurrency: 2" "kill_grace: 1s"
    STUB_AZ=hang:nap:30000 start_job
    wait_for children "$pid" 2
    kill -s "$signal" "$pid"
    end
    [ "$status" = $((128 + $(kill -l "$signal"))) ]
    said "SIG$signal: no new starts; stopping 2 still running"
    [ "$(value .exit_status)" = "$status" ]
    [ "$(value '[.counts.cancelled, .counts.skipped] | join(" ")')" = "2 18" ]
    whole_journal
    same_report
    nothing_is_left
  done
}

@test "a signal before the login is done: nothing is started, and the journal says so" {
  vms='vm-[01-20]' write_job
  cat >"$place/az" <<EOF2
#!/bin/bash
touch "$place/asked"
until [ -e "$place/count/go" ]; do sleep 0.02; done
exec "$stub/az" "\$@"
EOF2
  chmod +x "$place/az"
  start run "$job" --az "$place/az" --run-dir "$place/run"
  wait_for test -e "$place/asked"
  kill -INT "$pid"
  end
  [ "$status" = 130 ]
  [ ! -s "$log" ]
  [ "$(value .counts.skipped)" = 20 ]
  whole_journal
  same_report
  nothing_is_left
}

# The tests stop azfan by SIGSTOP: SIGTSTP, which Ctrl-Z sends, stops nobody in a process group that
# is orphaned (setpgid(2)), as those of a CI are. What comes after it is the same.
is_stopped() { [[ $(ps -o stat= -p "$1") == T* ]]; }
# az has ended, and azfan, which is stopped, has not seen it yet.
zombies() { [ "$(pgrep -P "$1" -r Z -c)" -ge "$2" ]; }

@test "Ctrl-Z and fg: az goes on meanwhile, one line says how far it is, and the run ends well" {
  start_at_gate
  kill -STOP "$pid"
  wait_for is_stopped "$pid"
  open_gate
  wait_for zombies "$pid" 2
  [ "$(wc -l <"$log")" = 2 ]
  kill -CONT "$pid"
  end
  [ "$status" = 0 ]
  [ "$(value .counts.ok)" = 20 ]
  [ "$(grep -c "^azfan: continued: [0-9]* of 20 have ended, [0-9]* running$" "$place/errors")" = 1 ]
  whole_journal
  nothing_is_left
}

@test "Ctrl-Z stops no clock: an attempt that is over its timeout by then is stopped" {
  vms=vm-1 write_job "timeout: 1s" "kill_grace: 200ms"
  STUB_AZ=hang:nap:30000 start_job
  wait_for children "$pid" 1
  kill -STOP "$pid"
  wait_for is_stopped "$pid"
  sleep 1.5 # the time itself is what is tested
  start=$EPOCHREALTIME
  kill -CONT "$pid"
  end
  within 5 "$start"
  [ "$status" = 4 ]
  [ "$(outcome_of vm-1)" = "timeout az" ]
  [ "$(value '.targets[0].attempts[0].duration_s >= 1.5')" = true ]
  whole_journal
  nothing_is_left
}

@test "standard output that is closed, or whose reader leaves, stops no run" {
  vms='vm-[001-300]' write_job
  set +o pipefail
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" 2>/dev/null | head -n 1
  wait_for test -s "$report"
  [ "$(value '[.counts.ok, .exit_status] | join(" ")')" = "300 0" ]
  whole_journal
  rm -rf "$place/run"
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >&- 2>&-
  [ "$(value '[.counts.ok, .exit_status] | join(" ")')" = "300 0" ]
  whole_journal
  same_report
}

# ---- rerun ---------------------------------------------------------------------------------------

# run_with_failures: vm-01 … vm-10 with an outcome each; in the folder of runs.
run_with_failures() {
  vms='vm-[01-10]' write_job "$@"
  STUB_AZ=script_fails STUB_AZ_FOR="vm-03 vm-04" STUB_AZ_ELSE=good "$azfan" run "$job" --az "$stub/az" \
    >"$place/out" 2>&1 || true
  first=$(only_run)
}

# rerun [OPTION...]: its invokes are in the log, sorted.
rerun() {
  : >"$log"
  STUB_AZ_LOG=$log run "$azfan" rerun "$@"
  logged=$(sort "$log" | paste -sd' ')
}

@test "rerun: only what is not ok, until nothing is left" {
  run_with_failures
  STUB_AZ=busy STUB_AZ_FOR=vm-04 rerun
  [ "$status" = 5 ]
  [ "$logged" = "vm-03 vm-04" ]
  [[ $output == *"rerun of what was not ok in $first: 2 targets"* ]]
  # The first run again: the rerun of it counts.
  rerun "$first"
  [ "$status" = 0 ]
  [ "$logged" = vm-04 ]
  for word in "" "$first" "$runs/$first" latest; do
    before=$(state)
    rerun ${word:+"$word"}
    [ "$status" = 0 ]
    [[ $output == *"nothing left to do, all its targets are ok" ]]
    [ -z "$logged" ]
    [ "$(state)" = "$before" ]
  done
  [ "$("$azfan" runs | grep -c "; rerun of ${first: -4}$")" = 2 ]
  nothing_is_left
}

@test "rerun --only: these and no others; with none of them, exit 7" {
  run_with_failures
  rerun --only timeout,unknown
  [ "$status" = 7 ]
  [[ $output == *"has no target that --only selects"* ]]
  [ -z "$logged" ]
  rerun --only failed "$first" --limit 'vm-0[4-9]'
  [ "$status" = 0 ]
  [ "$logged" = vm-04 ]
  rerun --only failed "$first"
  [ "$logged" = vm-03 ]
  rerun --only ok
  [ "$status" = 2 ]
}

# stands_still WORD...: a rerun is refused with 2, says each of these, and leaves everything as it was.
stands_still() {
  local before word
  before=$(state)
  rerun "$first"
  [ "$status" = 2 ] || { echo "$status: $output"; return 1; }
  for word; do
    [[ $output == *"$word"* ]] || { echo "$output"; return 1; }
  done
  [ -z "$logged" ]
  [ "$(state)" = "$before" ]
}

@test "rerun: a job file that has changed is told, and nothing is done without --changed" {
  run_with_failures
  echo "# another line" >>"$job"
  stands_still "the job file has changed since $first" "--changed"
  rerun "$first" --changed
  [ "$status" = 0 ]
  [ "$logged" = "vm-03 vm-04" ]
}

@test "rerun: likewise a script file" {
  echo "echo hello" >"$place/script.sh"
  run_with_failures
  rm -rf "$runs"
  sed -i 's/  inline: .*/  file: script.sh/' "$job"
  STUB_AZ=script_fails STUB_AZ_FOR=vm-03 "$azfan" run "$job" --az "$stub/az" >"$place/out" 2>&1 || true
  first=$(only_run)
  echo "echo more" >>"$place/script.sh"
  stands_still "the script has changed since $first" "script.sh"
  rm "$place/script.sh"
  stands_still "script.sh"
  echo "echo hello" >"$place/script.sh"
  rerun "$first"
  [ "$status" = 0 ]
}

@test "rerun: a VM that the job does not select any more is named" {
  run_with_failures
  sed -i 's/vm-\[01-10\]/vm-[04-10]/' "$job"
  stands_still "vm-03 - the job no longer selects this"
  rerun "$first" --changed
  [ "$status" = 0 ]
  [ "$logged" = vm-04 ]
}

@test "rerun: the job file is gone, the run is unknown, it is still going on" {
  run_with_failures
  mv "$job" "$job.away"
  stands_still "$job"
  mv "$job.away" "$job"
  rerun 20000101T000000Z-none-0000
  [ "$status" = 2 ]
  [[ $output == *"there is no run 20000101T000000Z-none-0000"* ]]
  rm -rf "$runs"
  STUB_AZ=gate start run "$job" --az "$stub/az"
  wait_for logged 3
  before=$(state)
  cp "$log" "$place/log-of-run"
  log=$place/other rerun
  [ "$status" = 1 ]
  [ "${#lines[@]}" = 1 ]
  [[ $output == *"is still going on"* ]]
  [ "$(state)" = "$before" ]
  run "$azfan" report
  [ "$status" = 0 ]
  [[ $output == *"Still going on: 0 of 10 have ended"* ]]
  "$azfan" runs | grep -q "; going on, 10 running: vm-[0-9]* ([0-9]*s), "
  open_gate
  end
  [ "$status" = 0 ]
}

@test "rerun: not while another rerun of the same run is going on" {
  run_with_failures
  STUB_AZ=gate start rerun "$first"
  wait_for logged 2
  log=$place/other rerun "$first"
  [ "$status" = 1 ]
  [[ $output == *"is still going on: wait for its end (azfan watch), or stop it (azfan stop)"* ]]
  [ "${#lines[@]}" = 1 ]
  open_gate
  end
  [ "$status" = 0 ]
}

@test "rerun: of two at once, one has the run" {
  for i in 1 2 3 4; do
    rm -rf "$runs"
    run_with_failures
    : >"$log"
    pids=()
    for each in 1 2; do
      STUB_AZ_MS=200 STUB_AZ_LOG=$log "$azfan" rerun "$first" >"$place/out-$each" 2>&1 3>&- &
      pids+=($!)
    done
    statuses=
    for pid in "${pids[@]}"; do
      end
      statuses+=$status
    done
    [[ $statuses == 01 || $statuses == 10 ]]
    [ "$(sort "$log" | paste -sd' ')" = "vm-03 vm-04" ]
  done
}

@test "rerun: what the command line said is said again, and no secret is written down" {
  cat >"$job" <<EOF2
version: 1
name: test
script: {inline: "true", parameters: {ROLE: common, TOKEN: {env: TEST_TOKEN}}}
targets:
  resource_group: rg
  vms: ["vm-[1-5]", {name: vm-6, parameters: {KEY: {env: TEST_KEY}}}]
EOF2
  cat >"$place/az" <<EOF2
#!/bin/bash
for word; do case \$word in @*) cat "\${word#@}" >>"$place/scripts";; esac; done
exec "$stub/az" "\$@"
EOF2
  chmod +x "$place/az"
  cd "$place"
  STUB_AZ=busy run "$azfan" run "$job" --az ./az --set ROLE=mine --set TOKEN=s3cr3t-one --set KEY=s3cr3t-two -c 2 --timeout 77s
  [ "$status" = 5 ]
  run grep -rlE 's3cr3t' "$XDG_STATE_HOME"
  [ "$status" = 1 ] || { echo "$output"; return 1; }
  rm "$place/scripts"
  cd /
  TEST_TOKEN=other TEST_KEY=other rerun --set KEY=s3cr3t-again
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [[ $output == *"TOKEN was given with --set in "*"give it again"* && $output != *"KEY was given"* ]]
  [ "$(wc -w <<<"$logged")" = 6 ]
  grep -q "ROLE='mine'" "$place/scripts"
  last=$runs/$(newest_run)
  [ "$(events "$last" 'select(.event == "run") | [.concurrency, .job.timeout_s] | join(" ")')" = "2 77" ]
}

# Of all VMs of the run, also of those that are ok; and a list that was on standard input is theirs.
@test "rerun: --limit and --exclude name VMs of the run" {
  vms='vm-1' write_job
  sed -i 's|vms: .*|file: "-"\n  exclude: vm-9|' "$job"
  printf 'vm-%s\n' 1 2 3 4 9 >"$place/list"
  "$azfan" rehearse "$job" --inject 'vm-[2-3]=exit:3' <"$place/list" || [ $? = 3 ]
  run "$azfan" rerun --limit vm-7 </dev/null
  [ "$status" = 2 ]
  [[ $output == *'azfan: --limit: "vm-7" matches none of 4: vm-[1-4]; did you mean vm-'* ]] || { echo "$output"; return 1; }
  run "$azfan" rerun --exclude vm-22 </dev/null
  [ "$status" = 2 ]
  run "$azfan" rerun --inject vm-8=hang </dev/null
  [ "$status" = 2 ]
  run "$azfan" rerun --limit vm-1 </dev/null
  [ "$status" = 7 ]
  run "$azfan" rerun --exclude vm-1 --limit RG/vm-3,vm-4 --report "$place/again.json" </dev/null
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$(jq -c '[.targets[].name]' "$place/again.json")" = '["vm-3"]' ]
}

# Of this command line a parameter must be declared; what a past run took is taken again.
@test "rerun: a parameter that the job does not declare" {
  vms='vm-[1-2]' write_job
  sed -i 's|inline: .*|inline: echo hello\n  parameters: {GREETING: hello}|' "$job"
  "$azfan" rehearse "$job" --set GREETING=hi --inject vm-2=exit:3 || [ $? = 3 ]
  run "$azfan" rerun --set GREETNIG=ho
  [ "$status" = 2 ]
  [ "${lines[-1]}" = "azfan: --set: the job declares no parameter GREETNIG; did you mean GREETING?" ]
  sed -i '/parameters/d' "$job"
  run "$azfan" rerun --changed
  [ "$status" = 0 ]
}

@test "rerun: targets that came from standard input" {
  cat >"$job" <<EOF2
version: 1
name: test
script: {inline: "true"}
targets: {resource_group: rg, file: "-"}
EOF2
  printf '%s\n' 'vm-[1-3]' /subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-b/providers/Microsoft.Compute/virtualMachines/db-1 >"$place/list"
  STUB_AZ=script_fails STUB_AZ_FOR="vm-2 db-1" "$azfan" run "$job" --az "$stub/az" <"$place/list" >"$place/out" 2>&1 || true
  rerun </dev/null
  [ "$status" = 0 ]
  [ "$logged" = "db-1 vm-2" ]
}

@test "--run-id: the run is called so, everywhere, and no second one may be" {
  write_job
  STUB_AZ=script_fails STUB_AZ_FOR=vm-2 run "$azfan" run "$job" --az "$stub/az" --run-id ci-4711.1
  [ "$status" = 3 ]
  [ "$(events "$runs/ci-4711.1" 'select(.event == "run") | .run')" = ci-4711.1 ]
  [[ $output == *"Again:   azfan rerun ci-4711.1 "* ]] || { echo "$output"; return 1; }
  [ "$("$azfan" runs -q)" = ci-4711.1 ]
  [[ $("$azfan" runs) == "RUN        STARTED "*$'\n'"ci-4711.1  20"* ]]
  run "$azfan" run "$job" --az "$stub/az" --run-id ci-4711.1
  [ "$status" = 1 ]
  [ "$output" = "azfan: $runs/ci-4711.1 already holds a run: choose another --run-id, or remove it" ]
  rerun ci-4711.1 --run-id ci-4711.2
  [ "$status" = 0 ]
  [ "$logged" = vm-2 ]
  # The last started comes first, whatever it is called.
  "$azfan" run "$job" --az "$stub/az" --run-id a >/dev/null 2>&1
  [ "$("$azfan" runs -q | paste -sd' ')" = "a ci-4711.2 ci-4711.1" ]
  run "$azfan" report
  [[ $status = 0 && $output == *"$runs/a/"* ]] || { echo "$output"; return 1; }
  run "$azfan" run "$job" --run-id ../x
  [[ $status = 2 && $output == *"--run-id must be 1 to 64 letters, digits and - _ . that begin"* ]]
  nothing_is_left
}

# targets_job: a job for --targets: vm-6 has parameters of its own, and vm-5 is left out.
targets_job() {
  cat >"$job" <<'EOF2'
version: 1
name: test
script: {inline: "true", parameters: {ROLE: common}}
targets:
  resource_group: rg
  vms: ["vm-[1-5]", {name: vm-6, parameters: {ROLE: special}}]
  exclude: [vm-5, vm-4]
EOF2
  printf '%s\n' 'vm-6 # one' rg-b/vm-1 'vm-[4,9]' >"$place/list"
}

@test "--targets: the VMs of a file instead of the job's, each as the job has it; a rerun needs no file" {
  targets_job
  STUB_AZ=script_fails STUB_AZ_FOR="rg-b vm-6" run "$azfan" run "$job" --az "$stub/az" --targets "$place/list"
  [ "$status" = 3 ] || { echo "$output"; return 1; }
  first=$(only_run)
  [ "$(events "$runs/$first" 'select(.event == "targets") | [.targets[] | .resource_group + "/" + .name] | join(" ")')" = \
    "rg/vm-6 rg-b/vm-1 rg/vm-9" ]
  [ "$(events "$runs/$first" 'select(.event == "run") | .overrides.targets')" = "$place/list" ]
  run "$azfan" plan "$job" --az "$stub/az" --targets - <"$place/list"
  [[ $status = 0 && $output == *"ROLE='special'"* ]] # of the first target
  echo /subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM-6 |
    "$azfan" plan "$job" --az "$stub/az" --targets - >"$place/out"
  grep -qF "ROLE='special'" "$place/out"
  rm "$place/list"
  rerun
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$logged" = "vm-1 vm-6" ]
}

@test "--targets: a rerun of a run that could not even log in, and one of standard input" {
  targets_job
  cat >"$place/no-az" <<'EOF2'
#!/bin/sh
echo "ERROR: Please run 'az login' to setup account." >&2
exit 1
EOF2
  chmod +x "$place/no-az"
  run "$azfan" run "$job" --az "$place/no-az" --targets - <"$place/list"
  [ "$status" = 6 ] || { echo "$status: $output"; return 1; }
  rerun --az "$stub/az" </dev/null
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$logged" = "vm-1 vm-6 vm-9" ]
  [ "$(events "$runs/$(newest_run)" 'select(.event == "targets") | [.targets[] | .resource_group + "/" + .name] | join(" ")')" = \
    "rg/vm-6 rg-b/vm-1 rg/vm-9" ]
}

@test "rerun: two VMs of one name in two subscriptions, one of them az's own, are not mixed up" {
  other=/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1
  vms="vm-1\", \"$other" write_job
  for failed in 00000000000b 000000000001; do
    rm -rf "$runs"
    STUB_AZ=script_fails STUB_AZ_FOR=$failed "$azfan" run "$job" --az "$stub/az" >"$place/out" 2>&1 || true
    rerun
    [ "$status" = 0 ]
    [ "$logged" = vm-1 ]
    [[ $(events "$runs/$(newest_run)" 'select(.event == "targets").targets[0].subscription') == *"$failed" ]]
  done
}

@test "rerun: a job behind a link, whose script is beside the link" {
  mkdir "$place/here" "$place/there"
  echo "echo hello" >"$place/here/script.sh"
  vms=vm-1 write_job
  sed 's/  inline: .*/  file: script.sh/' "$job" >"$place/there/job.yaml"
  ln -s ../there/job.yaml "$place/here/job.yaml"
  cd "$place/here"
  STUB_AZ=script_fails run "$azfan" run job.yaml --az "$stub/az"
  [ "$status" = 3 ]
  cd /
  rerun
  [ "$status" = 0 ] || { echo "$output"; return 1; }
}

@test "rerun: a script that may still run is waited for, and told; --now goes at once" {
  vms='vm-[1-3]' write_job "timeout: 1s" "script_timeout: 900ms" "kill_grace: 100ms"
  STUB_AZ=hang:nap:30000 STUB_AZ_FOR=vm-2 STUB_AZ_ELSE=script_fails run "$azfan" run "$job" --az "$stub/az"
  [ "$status" = 4 ]
  first=$(only_run)
  : >"$log"
  start rerun
  wait_for logged 2
  # 65.9 s from the end of az, five of them script_grace: on a busy machine more of it has passed by now
  grep -qE '^azfan: vm-2: its script may still be running on the VM, for up to (1m0[0-5]s|5[0-9]\.[0-9]s) more; it is started after that \(--now: at once\)' "$place/errors"
  wait_for grep -q '\[2/3\]' "$place/out"
  kill -TERM "$pid"
  end
  [ "$status" = 143 ]
  [ "$(sort "$log" | paste -sd' ')" = "vm-1 vm-3" ]
  rerun --now "$first"
  [ "$status" = 0 ]
  [ "$logged" = vm-2 ]
}

@test "rerun: after a rerun that was killed, az itself may still run, by that rerun's clocks" {
  vms='vm-[1-2]' write_job "timeout: 1s" "script_timeout: 900ms"
  STUB_AZ=script_fails STUB_AZ_FOR=vm-2 run "$azfan" run "$job" --az "$stub/az"
  first=$(only_run)
  STUB_AZ=gate start rerun --timeout 10m
  wait_for logged 1
  kill -KILL "$pid"
  end
  open_gate # az was left behind
  : >"$log"
  start rerun "$first"
  wait_for said "vm-2: its script may still be running on the VM, for up to 11m05s more"
  kill -TERM "$pid"
  end
  [ ! -s "$log" ]
}

# A VM that keeps what is on it: az runs the guard, whose marks are in $place/marks; then it answers, or
# says what stands in $place/refusal. The script adds a line to $place/ran.
real_vm() {
  mkdir -p "$place/marks"
  cat >"$place/vm-az" <<EOF
#!/bin/bash
[ "\$1" = vm ] || exec "$stub/az" "\$@"
[ ! -e "$place/before" ] || { cat "$place/before" >&2; exit 1; }
for word; do case \$word in @*) file=\${word#@} ;; esac; done
text=\$(cd "$place" && env -i PATH="\$PATH" TMPDIR="$place/marks" sh "\$file" 2>/dev/null)
[ ! -e "$place/after" ] || { cat "$place/after" >&2; exit 1; }
jq -n --arg text "\$text" '{value: [{code: "ProvisioningState/succeeded", message: "Enable succeeded: \\n[stdout]\\n\(\$text)\\n\\n[stderr]\\n"}]}'
EOF
  chmod +x "$place/vm-az"
  vms=vm-1 write_job "script_timeout: 1s" "timeout: 10s" "$@"
  sed -i "s|inline: .*|inline: echo ran >>$place/ran; exit 0|" "$job"
}

times_run() { cat "$place/ran" 2>/dev/null | wc -l; }

lost='ERROR: (InternalServerError) An internal server error occurred.'

@test "rerun: a script that had started is not run again, however often; --again runs it all the same" {
  local first again i
  real_vm
  echo "$lost" >"$place/after"
  run "$azfan" run "$job" --az "$place/vm-az"
  [ "$status" = 5 ]
  [ "$(times_run)" = 1 ]
  first=$(only_run)
  # A rerun that is refused does not make it forgotten.
  mv "$place/after" "$place/before"
  echo 'ERROR: (Conflict) Run command extension execution is in progress. Please wait for completion before invoking a run command.' >"$place/before"
  run "$azfan" rerun --now
  [ "$status" = 5 ]
  rm "$place/before"
  for i in latest "$first" latest; do
    run "$azfan" rerun "$i" --now --report "$place/again.json"
    [ "$status" = 4 ] || { echo "$output"; return 1; }
    [[ $output == *"1 target may have started the script before: the mark on the VM decides"*"--again"* ]]
    [ "$(jq -r '.targets[0] | "\(.outcome) \(.reason) \(.script_started) \(.message)"' "$place/again.json")" = \
      "unknown no_trailer yes the script had started in run $first; it was not run again, and nobody can say how it ended: check the VM; a rerun with --again runs it anyway" ]
    [ "$(times_run)" = 1 ]
  done
  # So does a script that has changed meanwhile: the work was begun.
  echo "# another line" >>"$job"
  run "$azfan" rerun --changed --now
  [ "$status" = 4 ]
  [ "$(times_run)" = 1 ]
  run "$azfan" rerun --changed --now --again
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [[ $output != *"may have started"* ]]
  [ "$(times_run)" = 2 ]
  again=$("$azfan" runs -q -n 1)
  [ "$(jq -c 'select(.event == "run") | .again' "$runs/$again/journal.jsonl")" = true ]
  [ "$(jq -r 'select(.event == "start") | .mark' "$runs/$again/journal.jsonl")" = "$again" ]
  run "$azfan" rerun
  [[ $output == *"nothing left to do"* ]]
}

@test "rerun: where a script that may have started had not, it runs; where its end is known, likewise" {
  real_vm
  echo "$lost" >"$place/before" # the script never came to the VM
  run "$azfan" run "$job" --az "$place/vm-az"
  [ "$status" = 5 ]
  [ "$(times_run)" = 0 ]
  rm "$place/before"
  echo "$lost" >"$place/after" # … and now it does, by a rerun whose answer is lost
  run "$azfan" rerun --now
  [ "$status" = 5 ]
  [ "$(times_run)" = 1 ]
  rm "$place/after"
  run "$azfan" rerun --now
  [ "$status" = 4 ]
  [ "$(times_run)" = 1 ]
  # One that has failed is another matter: everybody knows how it ended.
  rm -rf "$runs"
  sed -i 's/exit .*/exit 7/' "$job"
  run "$azfan" run "$job" --az "$place/vm-az"
  [ "$status" = 3 ]
  run "$azfan" rerun
  [ "$status" = 3 ]
  [[ $output != *"may have started"* ]]
  [ "$(times_run)" = 3 ]
}

@test "rerun: after azfan itself was killed the mark still tells what had started" {
  real_vm
  sed -i 's|; exit .*|; touch begun; while [ ! -e over ]; do sleep 0.05; done|' "$job"
  perl -e 'exec @ARGV' "$azfan" run "$job" --az "$place/vm-az" >/dev/null 2>&1 3>&- &
  pid=$!
  wait_for test -e "$place/begun"
  kill -KILL "$pid"
  end
  touch "$place/over"
  run "$azfan" rerun --now
  [ "$status" = 4 ] || { echo "$output"; return 1; }
  [[ $output == *"had started in run"* ]]
  [ "$(times_run)" = 1 ]
}

# ---- what befalls one az -------------------------------------------------------------------------

# questions: how often az was asked for a token; the check of the login is the first.
questions() { wc -l <"$STUB_AZ_COUNT/token"; }

# one_az MODE: of 40 VMs, one az ends so; the run goes on, and that VM is an error.
one_az() {
  vms='vm-[01-40]' write_job "concurrency: 4"
  STUB_AZ=$1 STUB_AZ_FOR=vm-06 run_job
  [ "$status" = 5 ] || { echo "$status: $output"; return 1; }
  [ "$(value '[.counts.ok, .counts.error, .counts.skipped] | tojson')" = "[39,1,0]" ]
  [ "$(outcome_of vm-06)" = "error $2" ]
  [[ $(value '.targets[] | select(.name == "vm-06") | .message') == *"az's login is good: only this one az was affected"* ]]
  [[ $output != *"What to do: Run "* ]]
  [ "$(questions)" = 2 ]
  nothing_is_left
}

@test "one az of 40 finds no user in the token cache: the login is good, and the run goes on" { one_az no_login login; }
@test "one az of 40 reads a cache that another one writes: the run goes on" { one_az cache az_broken; }
@test "one az of 40 has a token that Azure does not take: the run goes on" { one_az token login; }

@test "what befell one az is repeated, where nothing was sent or the mark can tell" {
  local mode
  for mode in no_login:1 cache:1 token:2; do
    rm -rf "$place/run" "$STUB_AZ_COUNT"/*
    vms='vm-[1-5]' write_job "retry: {attempts: 3, delay: 10ms}"
    STUB_AZ=$mode STUB_AZ_FOR=vm-2 run_job
    [ "$status" = 0 ] || { echo "$mode: $output"; return 1; }
    [ "$(value '.targets[1].attempts | length')" = $((${mode#*:} + 1)) ]
  done
  rm -rf "$place/run" "$STUB_AZ_COUNT"/*
  write_job
  STUB_AZ=no_login:1 STUB_AZ_FOR=vm-2 run_job
  [ "$status" = 5 ]
}

@test "when az gives no token either, the login has ended: halted, exit 6" {
  vms='vm-[01-40]' write_job "concurrency: 4" "retry: {attempts: 3}"
  STUB_AZ=no_login STUB_AZ_FOR=vm-06 STUB_AZ_TOKEN=1 run_job
  [ "$status" = 6 ] || { echo "$output"; return 1; }
  [ "$(value .ending)" = login ]
  [[ $(value .halt_cause) == *"AADSTS700082"* ]]
  [ "$(outcome_of vm-06)" = "error login" ]
  [[ $(value '.targets[5].message') != *"is good"* ]]
  [ "$(outcome_of vm-40)" = "skipped login" ]
  [ "$(questions)" = 3 ] # one more, for the first may have met the same
  [ "$("$azfan" report "$place/run" --report - --format json | jq -c .)" = "$(jq -c . "$report")" ]
}

@test "a token at the second question is one" {
  vms='vm-[1-8]' write_job "concurrency: 4"
  fake='[ "$1" = account ] && [ "$(wc -l <"$STUB_AZ_COUNT/token" 2>/dev/null)" = 1 ] && { echo >>"$STUB_AZ_COUNT/token"; echo "ERROR: [Errno 11] Resource temporarily unavailable" >&2; exit 1; }'
  printf '#!/bin/bash\n%s\nexec "%s" "$@"\n' "$fake" "$stub/az" >"$place/az"
  chmod +x "$place/az"
  STUB_AZ=no_login STUB_AZ_FOR=vm-6 run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  [ "$status" = 5 ] || { echo "$output"; return 1; }
  [ "$(value .counts.ok)" = 7 ]
  [ "$(questions)" = 3 ]
}

@test "a storm of azs that say so asks for a token a few times, not for each" {
  vms='vm-[001-200]' write_job "concurrency: 20"
  STUB_AZ=no_login run_job
  [ "$status" = 5 ]
  [ "$(value .counts.error)" = 200 ]
  [ "$(questions)" -le 5 ] || { questions; return 1; }
}

@test "while az is asked for a token a signal stops the question and the run" {
  vms='vm-[1-9]' write_job "concurrency: 2" "kill_grace: 100ms"
  STUB_AZ=no_login STUB_AZ_FOR=vm-2 STUB_AZ_TOKEN=hang start_job
  wait_for eval '[ "$(questions)" = 2 ]'
  kill -TERM "$pid"
  end
  [ "$status" = 143 ]
  [ "$(outcome_of vm-2)" = "error login" ]
  [ "$(outcome_of vm-9)" = "skipped signal" ]
  nothing_is_left
}

@test "rerun: of a rehearsal is a rehearsal; faults are for rehearsals alone" {
  vms='vm-[1-4]' write_job "az: $place/no-az"
  run "$azfan" rehearse "$job" --inject vm-2=exit:3
  [ "$status" = 3 ]
  rerun --inject vm-2=exit:4
  [ "$status" = 3 ]
  rerun
  [ "$status" = 0 ]
  [[ $output == *" (a rehearsal), rerun of "*": 1 target, "*"REHEARSAL, nothing is sent to Azure: 1 VM"* ]]
  [ "$("$azfan" runs | grep -c "; a rehearsal")" = 3 ]
  rm -rf "$runs"
  run_with_failures
  before=$(state)
  rerun --inject vm-2=exit:4
  [ "$status" = 2 ]
  [[ $output == *"$first was not a rehearsal"* ]]
  [ "$(state)" = "$before" ]
}

# ---- journals that cannot be read ----------------------------------------------------------------

# refused FOLDER TEXT: report and rerun end with 1, one message, and change nothing.
refused() {
  local before command
  before=$(state)
  for command in report rerun; do
    run "$azfan" "$command" "$1"
    [ "$status" = 1 ] || { echo "$command: $status: $output"; return 1; }
    [ "${#lines[@]}" = 1 ] || { echo "$command: $output"; return 1; }
    [[ $output == *"$2"* ]] || { echo "$command: $output"; return 1; }
    [[ $output != *$'\e'* ]]
  done
  [ "$(state)" = "$before" ]
}

@test "a journal that is damaged, foreign, empty, newer or not there is refused and left alone" {
  run_with_failures
  folder=$runs/$first
  cp "$folder/journal.jsonl" "$place/good"
  journal=$folder/journal.jsonl
  sed '7s/.*/{"event":"end",,}/' "$place/good" >"$journal"
  refused "$first" "line 7: damaged"
  sed '5d' "$place/good" >"$journal"
  refused "$first" "damaged"
  cat "$place/good" "$place/good" >"$journal"
  refused "$first" "damaged"
  sed 's/"vm-03"/"vm-\\u001b[31m03"/g' "$place/good" >"$journal"
  refused "$first" "damaged"
  sed '1s/"started":"[0-9]*/"started":"9999/' "$place/good" >"$journal"
  refused "$first" "damaged"
  printf 'Dear diary,\ntoday I was a journal.\n' >"$journal"
  refused "$first" "not a journal of azfan"
  echo '{"event": "party", "version": 1}' >"$journal"
  refused "$first" "not a journal of azfan"
  : >"$journal"
  refused "$first" "holds no run"
  head -n 1 "$place/good" >"$journal"
  refused "$first" "holds no run"
  sed '1s/"version":1/"version":2/' "$place/good" >"$journal"
  refused "$first" "newer azfan"
  rm "$journal"
  refused "$first" "No such file"
  mkfifo "$journal"
  refused "$first" "not a regular file"
  rm "$journal"
  # And a good one is one still, whatever was torn off its end.
  head -c -30 "$place/good" >"$journal"
  run "$azfan" report "$first"
  [ "$status" = 0 ]
  [[ $output == *"Interrupted: azfan was killed"* ]]
}

@test "a run that cannot be read hides no other in the list, nor in a rerun" {
  run_with_failures
  mkdir "$runs/20000101T000000Z-broken-0000" "$runs/not-a-run"
  echo garbage >"$runs/20000101T000000Z-broken-0000/journal.jsonl"
  run "$azfan" runs
  [ "$status" = 1 ]
  [[ $output == *"${first: -4} "*" 8 ok, 2 failed"* ]]
  [[ $output == *"20000101T000000Z-broken-0000/journal.jsonl"* ]]
  rerun "$first"
  [ "$status" = 0 ]
  [ "$logged" = "vm-03 vm-04" ]
}

# ---- the disk ------------------------------------------------------------------------------------

# mount_disk SIZE: a file system of its own at $place/disk.
mount_disk() {
  [ "$(id -u)" = 0 ] || skip "only root can mount a file system"
  mkdir -p "$place/disk"
  mount -t tmpfs -o "size=$1" tmpfs "$place/disk" 2>/dev/null || skip "no file system can be mounted here"
}

fill_disk() { cat /dev/zero >"$place/disk/full" 2>/dev/null || true; }

# all_told COUNT: so many targets have their line on standard output.
all_told() {
  [ "$(grep -c '^\[' "$place/out")" = "$1" ] || { cat "$place/out" "$place/errors"; return 1; }
}

@test "a disk that is full from the start: exit 1, and nothing is started" {
  mount_disk 64k
  fill_disk
  vms='vm-[01-20]' write_job
  start run "$job" --az "$stub/az" --run-dir "$place/disk/run"
  end
  [ "$status" = 1 ]
  [ ! -s "$log" ]
  said "No space left on device"
  nothing_is_left
}

@test "a disk that is full in the middle: what runs ends, is told, and what is on disk can be read" {
  mount_disk 256k
  vms='vm-[01-40]' write_job "concurrency: 10"
  STUB_AZ=gate start run "$job" --az "$stub/az" --run-dir "$place/disk/run"
  wait_for logged 10
  fill_disk
  open_gate
  end
  [ "$status" = 1 ]
  begun=$(wc -l <"$log") # one more may have been begun by a worker when the first could not be kept
  all_told "$begun"
  [ "$begun" -lt 20 ]
  grep -q "^Trouble: .*No space left on device" "$place/out"
  rm "$place/disk/full"
  run "$azfan" report "$place/disk/run"
  [ "$status" = 0 ]
  # No more is ok than was ok, and a rerun runs all the others.
  ok=$(settled "$place/disk/run" | grep -c ' ok$' || true)
  [ "$ok" -le "$begun" ]
  rerun --now "$place/disk/run"
  [ "$status" = 0 ]
  [ "$(wc -w <<<"$logged")" = $((40 - ok)) ]
  nothing_is_left
}

@test "the run folder is removed in the middle: what runs ends and is told, exit 1" {
  for concurrency in 1 5; do
    vms='vm-[01-20]' write_job "concurrency: $concurrency"
    : >"$log"
    rm -f "$STUB_AZ_COUNT/go"
    STUB_AZ=gate start_job
    wait_for logged "$concurrency"
    rm -rf "$place/run"
    open_gate
    start=$EPOCHREALTIME
    end
    within 8 "$start"
    [ "$status" = 1 ]
    all_told "$concurrency"
    [ "$(wc -l <"$log")" = "$concurrency" ]
    said "was removed while the run went on"
    [ ! -e "$place/run" ]
    nothing_is_left
  done
}

@test "output cannot be kept: exit 1, and the journal has all of it" {
  for concurrency in 1 5; do
    vms='vm-[01-20]' write_job "concurrency: $concurrency"
    : >"$log"
    rm -rf "$place/run" "$STUB_AZ_COUNT/go"
    STUB_AZ=gate start_job
    wait_for logged "$concurrency"
    rm -r "$place/run/output"
    open_gate
    end
    [ "$status" = 1 ]
    all_told "$(wc -l <"$log")"
    whole_journal
    same_report
    [[ $(value .trouble) == *"output/vm-"* ]]
    # Nor does it keep the past run from being reported.
    run "$azfan" report "$place/run" --report "$place/again.txt"
    [ "$status" = 0 ]
    grep -q "^Trouble: " "$place/again.txt"
    nothing_is_left
  done
}

@test "a read-only disk under the output, in the middle of a run" {
  [ "$(id -u)" = 0 ] || skip "only root can mount a file system"
  vms='vm-[01-20]' write_job "concurrency: 5"
  STUB_AZ=gate start_job
  wait_for logged 5
  { mount --bind "$place/run/output" "$place/run/output" && mount -o remount,bind,ro "$place/run/output"; } 2>/dev/null ||
    { open_gate; end; skip "no file system can be mounted here"; }
  open_gate
  end
  [ "$status" = 1 ]
  all_told "$(wc -l <"$log")"
  [[ $(value .trouble) == *"Read-only file system" ]]
  whole_journal
  same_report
  nothing_is_left
}

@test "a link, or somebody else's folder, in the place of the run folder is refused" {
  write_job
  mkdir "$place/real"
  ln -s real "$place/link"
  ln -s nowhere "$place/dangling"
  for path in link link/ link/. dangling; do
    run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/$path"
    [ "$status" = 1 ] || { echo "$path: $output"; return 1; }
    [ -z "$(ls -A "$place/real")" ]
  done
  [ ! -e "$place/nowhere" ]
  [ "$(id -u)" = 0 ] || skip "only root can give a folder away"
  mkdir "$place/theirs"
  chown 65534 "$place/theirs"
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/theirs"
  [ "$status" = 1 ]
  [[ $output == *"belongs to somebody else"* ]]
  [ -z "$(ls -A "$place/theirs")" ]
}

@test "two runs in one folder: the second is refused, and the first notices nothing" {
  start_at_gate
  cp "$place/run/journal.jsonl" "$place/before"
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run"
  [ "$status" = 1 ]
  [ "${#lines[@]}" = 1 ]
  cmp "$place/before" "$place/run/journal.jsonl"
  open_gate
  end
  [ "$status" = 0 ]
  whole_journal
  same_report
}

@test "six runs at once in one folder: one of them has it" {
  write_job
  pids=()
  for i in 1 2 3 4 5 6; do
    "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" >"$place/out-$i" 2>&1 3>&- &
    pids+=($!)
  done
  winners=0
  for pid in "${pids[@]}"; do
    end
    [ "$status" = 0 ] && winners=$((winners + 1)) || [ "$status" = 1 ]
  done
  [ "$winners" = 1 ]
  whole_journal
  same_report
}

# ---- no room on this machine ---------------------------------------------------------------------

# be_nobody: a job over 40 VMs that somebody without rights can run, in the folder `open`: the limit on
# processes does not hold for root, and the tests' own folder is closed to others.
be_nobody() {
  [ "$(id -u)" = 0 ] || skip "only root can be somebody whom the limit holds for"
  open=$(mktemp -d /tmp/azfan-test-XXXXXX)
  mkdir -m 700 "$open/state"
  chown 65534:65534 "$open/state"
  chmod 755 "$open"
  cp "$stub/az" "$azfan" "$open"
  vms='vm-[01-40]' write_job "concurrency: 2"
  cp "$job" "$open/job.yaml"
  nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  command=("$open/azfan" run "$open/job.yaml" --az "$open/az" --run-dir "$open/state/run")
  (cd / && "${nobody[@]}" "$open/azfan" check "$open/job.yaml") || skip "nobody cannot run azfan here"
  export XDG_RUNTIME_DIR=$open/state STUB_AZ_LOG=$open/state/log
  unset STUB_AZ_COUNT # the folder is not for nobody
}

# hog COUNT: so many processes of the same user, which have no limit themselves; gone with `unhog`.
hog() {
  "${nobody[@]}" perl -e '$| = 1; for (1..$ARGV[0]) { unless (fork) { sleep 30; exit } } print "all\n"; sleep 30' \
    "$1" >"$place/hog" 3>&- &
  hog=$!
  wait_for grep -q all "$place/hog"
}

unhog() {
  pkill -KILL -P "$hog" || true
  kill -KILL "$hog"
}

@test "no room for another process: attempts wait until there is some" {
  be_nobody
  (cd / && ulimit -u 60 && STUB_AZ_MS=50 exec "${nobody[@]}" "${command[@]}") >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
  wait_for test -s "$open/state/log"
  hog 70
  wait_for said "waiting for room on this machine"
  unhog
  end
  cp -r "$open/state/run" "$place/run"
  [ "$status" = 0 ]
  [ "$(value .counts.ok)" = 40 ]
  [ "$(value '[.targets[].attempts | length] | add')" = 40 ]
  [ "$(events "$place/run" 'select(.event == "put_back").target' | wc -l)" -ge 1 ]
  whole_journal
}

@test "no room for a single worker: exit 1, nothing started, and a rerun goes on from there" {
  be_nobody
  hog 10
  cd /
  # The limit comes after the change of user, or nobody could be executed at all.
  run "${nobody[@]}" bash -c 'ulimit -u 5; exec "$@"' bash "${command[@]}"
  unhog
  [ "$status" = 1 ]
  [[ $output == *"cannot start worker"* ]]
  [ ! -e "$open/state/log" ]
  cp -r "$open/state/run" "$place/run"
  [ "$(value .counts.skipped)" = 40 ]
  whole_journal
  same_report
  run "${nobody[@]}" env XDG_STATE_HOME="$open/state" "$open/azfan" rerun "$open/state/run"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$(wc -l <"$open/state/log")" = 40 ]
}
