# SPDX-License-Identifier: MIT
#
# One VM is one target, and two runs are not on it at once unless somebody says so.

bats_require_minimum_version 1.5.0
load helper

setup() {
  setup_place
  subscription=00000000-0000-0000-0000-000000000001 # az's default one
  export STUB_AZ_COUNT=$place/count STUB_AZ_LOG=$place/log
  mkdir "$STUB_AZ_COUNT"
  going=$XDG_STATE_HOME/azfan/going
}

teardown() {
  touch "$STUB_AZ_COUNT/go"
  [ -z "$(jobs -p)" ] || kill -KILL $(jobs -p) 2>/dev/null || true
}

# begin NAME [OPTION...]: a run of $job that waits at the gate.
begin() {
  local name=$1
  shift
  STUB_AZ=gate "$azfan" run "$job" --az "$stub/az" "$@" >"$place/$name.out" 2>&1 3>&- &
  pid=$!
}

logged() { [ "$(wc -l <"$STUB_AZ_LOG")" -ge "$1" ]; }

# end PID: lets all runs go; that one ends well.
end() {
  touch "$STUB_AZ_COUNT/go"
  wait "$1"
}

run_folders() { find "$XDG_STATE_HOME/azfan/runs" -mindepth 1 -maxdepth 1 -type d | wc -l; }

# ---- one VM, one target ----

# write_twice FIRST SECOND: web-01 by its name and by its id.
write_twice() {
  id=/subscriptions/$subscription/resourceGroups/RG-WEB/providers/Microsoft.Compute/virtualMachines/web-01
  cat >"$job" <<EOF
version: 1
name: twice
script: {inline: echo hello}
retry: {attempts: 3, delay: 1s}
batches: [1]
targets:
  resource_group: rg-web
  vms: [$(printf '%s' "$1" | sed "s|ID|$id|"), db-1, $(printf '%s' "$2" | sed "s|ID|$id|")]
EOF
}

@test "a VM that is named with its subscription and without it is one target" {
  local order
  for order in "web-01 ID" "ID WEB-01"; do
    rm -rf "$STUB_AZ_LOG" "$place/run"
    write_twice $order
    run --separate-stderr "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run"
    [ "$status" -eq 0 ]
    [ "$(sort -f "$STUB_AZ_LOG" | tr '[:upper:]' '[:lower:]')" = "$(printf 'db-1\nweb-01')" ]
    [[ $output == *"twice: 2 ok of 2 targets"* ]]
    [[ $stderr == *"1 VM is named twice, with az's default subscription $subscription and without it: each is one target"* ]]
    [ "$(value '.targets | length')" -eq 2 ]
    [ "$(value '[.targets[].name | ascii_downcase] | sort | join(" ")')" = "db-1 web-01" ]
    [ "$(value '[.targets[].batch] | max')" -eq 2 ]
    run "$azfan" report "$place/run"
    [[ $output == *"2 ok"* ]]
  done
  nothing_is_left
}

@test "plan and targets count it once as well, and so does a rehearsal" {
  write_twice web-01 ID
  run -0 "$azfan" plan "$job" --az "$stub/az"
  [[ $output == *"Targets (2, in 2 batches):"*"Batch 1 (1): web-01"*"Batch 2 (1): db-1"* ]]
  run -0 "$azfan" targets --ids "$job" --az "$stub/az"
  [ "${#lines[@]}" -eq 2 ]
  subscription=00000000-0000-0000-0000-00000000000a # of the simulated az
  write_twice web-01 ID
  run -0 "$azfan" rehearse "$job" --run-dir "$place/run"
  [[ $output == *"2 ok of 2 targets"* ]]
}

@test "another subscription's VM of that name is another one" {
  subscription=00000000-0000-0000-0000-000000000002
  write_twice web-01 ID
  run_job
  [ "$status" -eq 0 ]
  [[ $output == *"3 ok of 3 targets"* ]]
}

@test "a rerun of a run whose login was broken runs it once, and then nothing is left" {
  write_twice web-01 ID
  STUB_AZ_TOKEN=0 run -6 "$azfan" run "$job" --az "$stub/az"
  [ ! -e "$STUB_AZ_LOG" ]
  run -0 "$azfan" rerun --az "$stub/az"
  [ "$(sort "$STUB_AZ_LOG")" = "$(printf 'db-1\nweb-01')" ]
  run -0 "$azfan" rerun --az "$stub/az"
  [[ $output == *"nothing left to do"* ]]
  [ "$(wc -l <"$STUB_AZ_LOG")" -eq 2 ]
}

@test "the journal that cannot begin anew is told, and no folder is left" {
  write_twice web-01 ID
  # What the folder of runs is, a file is when the login is over.
  cat >"$place/az" <<EOF
#!/bin/sh
case \$2 in get-access-token) chmod -w "$place/run"; rm -rf "$place/run"; echo >"$place/run" ;; esac
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  [ "$status" -eq 1 ]
  [ ! -e "$STUB_AZ_LOG" ]
  nothing_is_left
}

# ---- two runs ----

@test "a run whose VMs are those of a run that is going on is refused, and leaves nothing" {
  local first
  write_job
  begin first
  first=$pid
  wait_for logged 3
  vms="VM-[3-5]" write_job 'description: another one'
  run --separate-stderr -2 "$azfan" run "$job" --az "$stub/az"
  [ -z "$output" ]
  [[ $stderr == *"Z-test-"*" has been going on since "*"Z (user "*", pid $first) with 1 of these 3 VMs: VM-3"* ]]
  [[ $stderr == *"nothing was started"*"--overlap"* ]]
  [ "$(run_folders)" -eq 1 ]
  run -2 "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run" --quiet --progress none
  [[ $output == *"pid $first"* ]]
  [ ! -e "$place/run" ]
  [ "$(wc -l <"$STUB_AZ_LOG")" -eq 3 ]
  # Others are no business of it.
  run -0 "$azfan" run "$job" --az "$stub/az" --limit 'VM-[4-5]'
  end "$first"
  # Over: the VMs are free, and the register is empty.
  run -0 "$azfan" run "$job" --az "$stub/az"
  [ -z "$(ls "$going")" ]
  nothing_is_left
}

@test "--overlap goes ahead, and says with whom" {
  write_job
  begin first
  wait_for logged 3
  begin second --overlap
  wait_for logged 6
  run -2 "$azfan" run "$job" --az "$stub/az"
  [ "$(grep -c 'has been going on since' <<<"$output")" -eq 2 ]
  end "$pid"
  grep -q 'azfan: .* has been going on since .* with 3 of these 3 VMs: vm-\[1-3\]' "$place/second.out"
  grep -q '3 ok of 3 targets' "$place/second.out"
}

@test "wherever the run folders are" {
  write_job
  begin first --run-dir "$place/first"
  wait_for logged 3
  run -2 "$azfan" run "$job" --az "$stub/az" --run-dir "$place/run"
  [[ $output == *"$place/first has been going on since"* ]]
  end "$pid"
}

@test "a rerun is a run: refusing, also while it waits for an earlier script, and refused" {
  local past
  write_job
  STUB_AZ=exit1 run -5 "$azfan" run "$job" --az "$stub/az" # nobody knows what runs there now
  past=$(ls "$XDG_STATE_HOME/azfan/runs")
  "$azfan" rerun --limit vm-1 --az "$stub/az" >"$place/rerun.out" 2>&1 3>&- &
  pid=$!
  wait_for grep -q 'rg: 1 VM: vm-1' "$place/rerun.out"
  run -2 "$azfan" run "$job" --az "$stub/az"
  [[ $output == *"1 of these 3 VMs: vm-1"* ]]
  kill -TERM "$pid"
  wait "$pid" || true
  rm "$STUB_AZ_LOG"
  begin first --limit vm-2
  wait_for logged 1
  run -2 "$azfan" rerun "$past" --now --az "$stub/az"
  [[ $output == *"pid $pid) with 1 of these 3 VMs: vm-2"* ]]
  [ "$(wc -l <"$STUB_AZ_LOG")" -eq 1 ]
  end "$pid"
}

@test "rehearsals do not count, on either side" {
  write_job
  begin first
  wait_for logged 3
  run -0 "$azfan" rehearse "$job"
  run -0 "$azfan" rerun --overlap "$("$azfan" runs -q | head -n 1)" # the latest run is the first one
  end "$pid"
  "$azfan" rehearse "$job" --inject 'vm-1=slow:60s' >"$place/rehearsal.out" 2>&1 3>&- &
  pid=$!
  wait_for grep -q '2/3' "$place/rehearsal.out"
  run -0 "$azfan" run "$job" --az "$stub/az"
  kill -TERM "$pid"
  kill -TERM "$pid"
  wait "$pid" || true
}

@test "an azfan that was killed is in nobody's way" {
  write_job
  begin first
  wait_for logged 3
  kill -KILL "$pid"
  wait "$pid" || true
  touch "$STUB_AZ_COUNT/go"
  [ -n "$(ls "$going")" ]
  run -0 "$azfan" run "$job" --az "$stub/az"
  [ -z "$(ls "$going")" ]
}

@test "of two that start in the same instant exactly one goes ahead" {
  local round one other
  write_job
  for round in 1 2 3 4 5; do
    rm -f "$STUB_AZ_LOG" "$STUB_AZ_COUNT/go"
    begin one
    one=$pid
    begin other
    other=$pid
    wait_for grep -qs 'nothing was started' "$place/one.out" "$place/other.out"
    touch "$STUB_AZ_COUNT/go"
    wait "$one" && one=0 || one=$?
    wait "$other" && other=0 || other=$?
    [ "$((one + other))" -eq 2 ]
    [ "$(wc -l <"$STUB_AZ_LOG")" -eq 3 ]
  done
}

@test "where no register can be kept a run goes ahead, and says so" {
  write_job
  mkdir -p "$XDG_STATE_HOME/azfan"
  echo >"$XDG_STATE_HOME/azfan/going"
  run_job
  [ "$status" -eq 0 ]
  [[ $output == *"another run on these VMs will not see this one: "* ]]
}
