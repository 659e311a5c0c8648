#!/usr/bin/env bats
# How a run is shown to programs and logs while it goes on. Terminals are in test/terminal.

load helper

setup() {
  setup_place
}

@test "what is said of the script before a run begins is an event as well" {
  write_job
  sed -i 's/  inline: .*/  inline: systemctl restart waagent; echo "a # b/' "$job"
  run "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" --progress json
  [ "$status" = 2 ]
  [[ $output == *"sh -n says: "*"warning: "* && ! -e "$place/run" ]] || { echo "$output"; return 1; }
  sed -i 's/; echo .*//' "$job"
  for command in run rehearse; do
    "$azfan" "$command" "$job" --az "$stub/az" --run-dir "$place/$command" --progress json >/dev/null 2>"$place/events"
    [ "$(jq -r 'select(.event == "note") | .text' "$place/events" | grep -c "job.yaml:4:11: warning: this seems to stop the VM's own agent")" = 1 ]
  done
  run "$azfan" rehearse "$job" -q
  [[ $output == "azfan: $job:4:11: warning: "* ]] || { echo "$output"; return 1; }
}

@test "--progress json: standard error is the journal's lines and notes, and nothing else" {
  vms='vm-[1-6]' write_job "concurrency: 2" "retry: {attempts: 2, delay: 10ms}" "deadline: 1s"
  mkdir "$place/count"
  STUB_AZ=busy:1 STUB_AZ_FOR=vm-2 STUB_AZ_COUNT=$place/count \
    "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" --progress json >"$place/out" 2>"$place/events"
  jq -c . "$place/events" >"$place/compact" || { cat "$place/events"; return 1; }
  [ "$(wc -l <"$place/compact")" = "$(wc -l <"$place/events")" ]
  # The deadline is too short for the worst case: that is a note, as the beginning is.
  jq -se 'any(.[]; .event == "note" and (.text | test("deadline")))' "$place/events" >/dev/null
  grep -v '"event":"note"' "$place/events" | diff - "$place/run/journal.jsonl"
  # Results are on standard output all the same.
  [ "$(grep -cE '^\[[ 0-9]+/6\] vm-' "$place/out")" = 6 ]
  jq -se 'map(.event) | any(. == "end") and last == "finish"' "$place/events" >/dev/null
}

# hanging: a run in the background in which vm-1 hangs; its pid is $pid.
hanging() {
  STUB_AZ=hang:nap:20000 STUB_AZ_FOR=vm-1 "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" "$@" \
    >"$place/out" 2>"$place/errors" 3>&- &
  pid=$!
  wait_for grep -q 'vm-3 *ok' "$place/out"
}

@test "SIGUSR1 tells who is running and what az said last, with -q too; it ends nothing, and tells no secret" {
  write_job
  sed -i "s|inline: .*|inline: echo hello\n  parameters: {TOKEN: {env: TOKEN}}|" "$job"
  export TOKEN="partial err"
  hanging --progress none
  wait_for children "$pid" 1
  kill -USR1 "$pid"
  wait_for grep -qE '^azfan:   vm-1  [0-9]+s of 3m40s: \*\*\*ors$' "$place/errors"
  grep -qE '^azfan: [0-9]+s: 2 of 3 have ended \(2 ok\), 1 running, the longest vm-1' "$place/errors"
  ! grep -q "partial err" "$place/errors" "$place/out" || return 1
  kill -TERM "$pid"
  wait "$pid" || [ $? = 143 ]
  [ "$(outcome_of vm-1)" = "cancelled signal" ]
}

@test "SIGUSR1 with --progress json is one more event" {
  write_job
  hanging --progress json
  wait_for children "$pid" 1
  kill -USR1 "$pid"
  wait_for grep -q '"event":"running"' "$place/errors"
  [ "$(jq -c 'select(.event == "running") | [.targets[] | [.target, .last_line]]' "$place/errors")" = '[["vm-1","partial errors"]]' ]
  kill -TERM "$pid"
  wait "$pid" || [ $? = 143 ]
  jq -e 'select(.event == "halt") | .ending' "$place/errors" | grep -qx '"signal"'
}

@test "--progress live without a terminal says so, and shows plain lines" {
  write_job
  run_job --progress live
  [ "$status" = 0 ]
  [[ $output == *"needs a terminal"* ]]
  [ "$(grep -cE '^\[[ 0-9]+/3\] vm-' <<<"$output")" = 3 ]
  ! grep -q $'\033' <<<"$output" || return 1
}

@test "--progress none: results and nothing about the run's course" {
  write_job
  "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" --progress none 2>"$place/errors"
  [ ! -s "$place/errors" ] || { cat "$place/errors"; return 1; }
}
