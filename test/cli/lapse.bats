#!/usr/bin/env bats
# Rehearsals in time-lapse: what they come to is exact, on however busy a machine.

load helper

setup() { setup_place; }

rehearse() { run "$azfan" rehearse "$job" --run-dir "$place/run" "$@"; }

# All that a VM met, and when, of the report in FOLDER.
course() {
  jq -c '.ending, .exit_status, .duration_s, (.targets[] | [.name, .batch, .exit_code, .may_still_run,
    (.attempts[] | [.at_s, .duration_s, .outcome, .reason, .message, .az_exit, .az_signal, .stopped])])' "$1/report.json"
}

# Everything that the simulator can do, in three batches with pauses of an hour.
write_eventful_job() {
  vms='vm-[01-24]' write_job "concurrency: 5" "timeout: 220s" "kill_grace: 30s" "batches: [2, 10, 12]" \
    "pause_between: 1h" "max_failures: 20" "retry: {attempts: 3, delay: 10m, on: [busy, throttled, network]}"
  faults=()
  local number=2 fault
  for fault in hang stubborn busy:2 throttled slow:10m slow:200s crash exit:3 no_trailer reboot script_timeout \
    network agent garbage extension forbidden not_found not_running; do
    number=$((number + 1))
    faults+=(--inject "$(printf 'vm-%02d=%s' "$number" "$fault")")
  done
}

@test "a VM that hangs for 220 s costs 20 s, and the report has the 220" {
  write_job
  start=$EPOCHREALTIME
  rehearse --inject vm-2=hang
  within 20 "$start"
  [ "$status" = 4 ] || { echo "$output"; return 1; }
  [[ $output == *"azfan: in time-lapse, 11 times as fast: "*"--speed 1"* ]] || { echo "$output"; return 1; }
  [[ $output == *"1 timeout of 3 targets in 3m40s (a rehearsal, 11 times as fast)"* ]] || { echo "$output"; return 1; }
  [ "$(outcome_of vm-2)" = "timeout az" ]
  [ "$(value '.speed, .duration_s, .targets[1].attempts[0].duration_s' | xargs)" = "11 220 220" ] || { value .; return 1; }
  [ "$(value '(.ended | fromdate) - (.started | fromdate)')" = 220 ]
  nothing_is_left
}

@test "however fast it is, all happens when it does" {
  write_eventful_job
  for speed in 1000 20000 100000; do
    run "$azfan" rehearse "$job" --run-dir "$place/$speed" "${faults[@]}" --speed $speed
    [ "$status" = 5 ] || { echo "$output"; return 1; }
    [ "$(jq .speed "$place/$speed/report.json")" = $speed ]
    { course "$place/$speed"; grep '^\[' <<<"$output"; } >"$place/course-$speed"
  done
  diff "$place/course-1000" "$place/course-20000"
  diff "$place/course-1000" "$place/course-100000"
  [ "$(grep -c '^\[.*] vm-' "$place/course-1000")" = 24 ]
  # an attempt that is stopped takes its timeout, a deaf one its grace as well, and others their own time
  [ "$(jq -c '[.targets[2, 3, 6].attempts[0].duration_s]' "$place/1000/report.json")" = "[220,250,220]" ]
  [ "$(jq '.targets[7].attempts[0].duration_s | . > 200 and . < 202' "$place/1000/report.json")" = true ]
  nothing_is_left
}

@test "client: rest: the same at any speed, and what had been sent is known of those that were stopped" {
  write_eventful_job
  echo 'client: rest' >>"$job"
  for speed in 1000 100000; do
    run "$azfan" rehearse "$job" --run-dir "$place/$speed" "${faults[@]}" --speed $speed
    [ "$status" = 5 ] || { echo "$output"; return 1; }
    course "$place/$speed" >"$place/course-$speed"
    jq -r 'select(.event == "sent" or .event == "accepted") | [.event, .target, .attempt] | join(" ")' "$place/$speed/journal.jsonl" |
      sort >"$place/said-$speed"
  done
  diff "$place/course-1000" "$place/course-100000"
  diff "$place/said-1000" "$place/said-100000"
  grep -qx 'accepted vm-03 1' "$place/said-1000" # it hangs
  grep -qx 'sent vm-05 2' "$place/said-1000"     # it is busy, twice
  ! grep -q 'accepted vm-05 [12]$' "$place/said-1000" || return 1
  grep -qx 'accepted vm-05 3' "$place/said-1000"
  # It comes to what az comes to.
  jq -c '.targets[] | [.name, .outcome, .reason, (.attempts | length)]' "$place/1000/report.json" >"$place/rest"
  "$azfan" rehearse "$job" --client az --run-dir "$place/az" "${faults[@]}" --speed 1000 || [ $? = 5 ]
  jq -c '.targets[] | [.name, .outcome, .reason, (.attempts | length)]' "$place/az/report.json" | diff - "$place/rest"
  nothing_is_left
}

@test "it comes to what it comes to without time-lapse" {
  vms='vm-[01-08]' write_job "concurrency: 3" "timeout: 20s" "batches: [2, 6]" "pause_between: 1s" \
    "max_failures: 5" "retry: {attempts: 2, delay: 1s, on: [busy]}"
  faults=(--inject vm-03=exit:3 --inject vm-04=busy:1 --inject vm-05=crash --inject vm-06=slow:1s --inject vm-07=busy)
  for speed in 1 500; do
    run "$azfan" rehearse "$job" --run-dir "$place/$speed" "${faults[@]}" --speed $speed
    [ "$status" = 5 ] || { echo "$output"; return 1; }
    [ "$(grep -c 'time-lapse' <<<"$output")" = $((speed > 1)) ]
    jq -c '.targets[] | [.name, .exit_code, .stdout, (.attempts[] | [.outcome, .reason, .message, .az_exit, .az_signal])]' \
      "$place/$speed/report.json" >"$place/what-$speed"
  done
  diff "$place/what-1" "$place/what-500"
  # but for what the machine needs, which is more
  jq -s '.[0] as $real | .[1] as $lapse | all(range(8); $real.targets[.].attempts[-1].duration_s >= $lapse.targets[.].attempts[-1].duration_s)' \
    "$place"/{1,500}/report.json | grep -qx true
}

@test "the deadline comes when it comes, to all that run" {
  vms='vm-[1-9]' write_job "concurrency: 4" "timeout: 50m" "deadline: 1h"
  rehearse --inject 'vm-[2-9]=slow:40m' --speed 20000
  [ "$status" = 124 ] || { echo "$output"; return 1; }
  [ "$(value '.ending, .duration_s' | xargs)" = "deadline 3600" ]
  [ "$(value '[.targets[].outcome] | group_by(.) | map([.[0], length]) | tojson')" = '[["cancelled",4],["ok",5]]' ] ||
    { value '.targets[] | .name + " " + .outcome'; return 1; }
  [ "$(value '[.targets[] | select(.outcome == "cancelled") | .attempts[0] | .at_s + .duration_s | . * 1000 | round] | unique | tojson')" = '[3600000]' ]
}

@test "a halt stops the same targets at any speed" {
  vms='vm-[01-60]' write_job "concurrency: 7" "timeout: 50m" "max_failures: 6" "on_halt: stop"
  for speed in 50 5000 100000; do
    run "$azfan" rehearse "$job" --run-dir "$place/$speed" --inject 'vm-*=slow:20m@50' --inject 'vm-*=exit:1@40' \
      --seed 3 --speed $speed -q
    [ "$status" = 6 ] || { echo "$output"; return 1; }
    course "$place/$speed" >"$place/course-$speed"
  done
  grep -q cancelled "$place/course-50"
  diff "$place/course-50" "$place/course-5000"
  diff "$place/course-50" "$place/course-100000"
}

# Three az are there. That their start is in the journal is not enough: what a signal finds not yet started stays so.
three_run() { [ "$(pgrep -P "$pid" -fc simulated-az)" = 3 ]; }

@test "Ctrl-C works at once" {
  write_job "timeout: 5h"
  # as a shell for people starts it, which ignores no SIGINT
  env --default-signal=INT "$azfan" rehearse "$job" --run-dir "$place/run" --inject 'vm-*=hang' --speed 2 \
    >"$place/out" 2>&1 3>&- &
  pid=$!
  wait_for three_run
  start=$EPOCHREALTIME
  kill -INT "$pid"
  wait_for grep -q 'waiting for 3 still running' "$place/out"
  kill -INT "$pid"
  wait "$pid" || status=$?
  within 5 "$start"
  [ "$status" = 130 ] || { cat "$place/out"; return 1; }
  [ "$(value '[.targets[].outcome] | unique | tojson')" = '["cancelled"]' ] || { value .; return 1; }
  nothing_is_left
}

@test "a report from the journal is that of the run, and a rerun may have a speed of its own" {
  write_eventful_job
  rehearse "${faults[@]}" --speed 50000 -q
  [ "$(head -1 "$place/run/journal.jsonl" | jq .speed)" = 50000 ]
  "$azfan" report "$place/run" -q --report "$place/again.json"
  cmp "$place/again.json" "$report"
  run "$azfan" rerun "$place/run" --run-dir "$place/second" --speed 7 --only failed
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [[ $output == *"in time-lapse, 7 times as fast"* ]]
  [ "$(jq .speed "$place/second/report.json")" = 7 ]
}

@test "no faster than what is real" {
  write_job
  sed -i "s|inline: .*|inline: sleep 0.1|" "$job"
  rehearse --execute --speed 2
  [ "$status" = 2 ]
  [[ $output == "azfan: --execute really runs the script, "*"--speed 1" ]] || { echo "$output"; return 1; }
  [ ! -e "$place/run" ]
  rehearse --execute --speed 1
  [ "$status" = 0 ]
  [ "$(value .speed)" = 1 ]
  run "$azfan" run "$job" --speed 2
  [ "$status" = 2 ]
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/real"
  run "$azfan" rerun "$place/real" --speed 2
  [ "$status" = 2 ]
  [[ $output == *"was not a rehearsal: --inject, --execute and --speed are for rehearsals" ]] || { echo "$output"; return 1; }
  for speed in 0 -1 1.5 100001 fast ""; do
    run "$azfan" rehearse "$job" --speed "$speed"
    [ "$status" = 2 ]
    [[ $output == "azfan: --speed "* ]] || { echo "$output"; return 1; }
  done
}

# Protects a large rehearsal: a thousand that would take 86 s are done as fast as the machine can.
@test "many VMs take no longer than their processes" {
  vms='vm-[0001-1000]' write_job "concurrency: 10"
  start=$EPOCHREALTIME
  rehearse --speed 100000 -q
  within 60 "$start"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "$(value '.duration_s | . > 80 and . < 95')" = true ] || { value .duration_s; return 1; }
  nothing_is_left
}
