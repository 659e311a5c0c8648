#!/usr/bin/env bats
# Failures that halt a run: of a batch, of the run, and what is said of it before and afterwards.

load helper

setup() {
  setup_place
  export STUB_AZ_COUNT=$place/count
  mkdir "$STUB_AZ_COUNT"
}

# fail NAMES [OPTION...]: a run in which the scripts of these VMs end with 7; STUB_AZ: with this fault.
fail() {
  local names=$1
  shift
  rm -rf "$place/run"
  STUB_AZ=${STUB_AZ:-script_fails} STUB_AZ_FOR=$names run_job "$@"
}

# ended STATUS FAILED SKIPPED: so the run has ended.
ended() {
  [ "$status $(value '[.counts.failed, .counts.skipped] | join(" ")')" = "$1 $2 $3" ] ||
    { echo "$status"; value .counts; echo "$output"; return 1; }
}

plan_says() {
  run "$azfan" plan "$job" --az "$stub/az"
  [ "$status" = 0 ]
  [ "$(sed -n 's/^Halt: *//p' <<<"$output")" = "$1" ] || { echo "$output"; return 1; }
}

@test "the README's job, and every VM fails: one was touched, the rest was skipped" {
  sed -n '/^```yaml/,/^```/p' "$top/README.md" | sed '/^```/d' >"$job"
  run "$azfan" rehearse "$job" --run-dir "$place/run" --inject '*=exit:1'
  ended 6 1 28
  [ "$(jq -r 'select(.event == "start") | .target' "$place/run/journal.jsonl")" = web-01 ]
  [[ $output == *"halted: 1 of 1 failed in batch 1, and max_failures allows 0 (10% of 1): no new starts"* ]]
}

@test "a percentage is of every batch: of 25 the third is one too many, of 3 the first" {
  vms='vm-[01-29]' write_job "batches: [1, 10%, 100%]" "max_failures: 10%" "concurrency: 1"
  fail "vm-28 vm-29"
  ended 3 2 0
  fail vm-1
  ended 6 3 17
  [ "$(value .halt_cause)" = "3 of 25 failed in batch 3, and max_failures allows 2 (10% of 25)" ]
  STUB_AZ=garbage fail vm-03
  [ "$status" = 6 ]
  [ "$(value .halt_cause)" = "1 of 3 failed in batch 2, and max_failures allows 0 (10% of 3)" ]
}

@test "a count is of the run: it goes on over a batch that failed, and adds up over batches" {
  vms='vm-[1-9]' write_job "batches: [1, 2]" "max_failures: 2" "concurrency: 1"
  fail "vm-1 vm-4"
  ended 3 2 0
  fail "vm-1 vm-4 vm-6"
  ended 6 3 3
  [ "$(value .halt_cause)" = "3 targets have failed, and max_failures allows 2" ]
}

@test "without max_failures a batch of which nothing is ok halts, and one that is ok is enough" {
  vms='vm-[1-9]' write_job "batches: [1, 3]"
  fail vm-1
  ended 6 1 8
  [ "$(value .halt_cause)" = "1 of 1 failed in batch 1, and without max_failures a batch needs at least one ok" ]
  fail "vm-2 vm-3 vm-4"
  ended 6 3 5
  fail "vm-2 vm-3 vm-5 vm-6 vm-8 vm-9" # of the last batch, behind which there is none, all
  ended 3 6 0
}

@test "max_failures 100% goes on whatever happens; and so does a job of one batch" {
  vms='vm-[1-5]' write_job "batches: [1, 2]" "max_failures: 100%"
  fail vm-
  ended 3 5 0
  [ "$(value .ending)" = complete ]
  vms='vm-[1-5]' write_job
  fail vm-
  ended 3 5 0
}

@test "a batch is not over while one of it is tried again" {
  vms='vm-[1-4]' write_job "batches: [1, 100%]" "retry: {attempts: 3, delay: 50ms}"
  STUB_AZ=busy:2 fail vm-1
  ended 0 0 0
  rm "$STUB_AZ_COUNT"/*
  STUB_AZ=busy:3 fail vm-1
  ended 6 0 3
  [ "$(outcome_of vm-1)" = "error busy" ]
  [ "$(value '.targets[0].attempts | length')" = 3 ]
}

@test "a canary that meets what all would meet: that is the cause, not max_failures" {
  cat >"$place/az" <<EOF
#!/bin/sh
[ "\$1" != vm ] || { echo "ERROR: object has no attribute 'begin_run_command'" >&2; exit 1; }
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
  for key in "on_halt: drain" "on_halt: stop" "max_failures: 0" "max_failures: 10%"; do
    vms='vm-[1-4]' write_job "batches: [1, 100%]" "$key"
    fail "" --az "$place/az"
    ended 6 0 3
    [[ $(value .halt_cause) == *"this az does not fit its libraries"* ]] || { echo "$key"; value .halt_cause; return 1; }
  done
}

@test "batches and their shares are of those targets that are left: --limit, rerun" {
  vms='vm-[01-40]' write_job "batches: 50%" "max_failures: 10%" "concurrency: 1"
  fail "vm-01 vm-02 vm-39 vm-40"
  ended 3 4 0 # 2 of 20, and 2 of 20
  STUB_AZ=script_fails STUB_AZ_FOR=vm-02 run "$azfan" rerun "$place/run" --run-dir "$place/rerun"
  [ "$status" = 6 ]
  [ "$(jq -r .halt_cause "$place/rerun/report.json")" = \
    "1 of 2 failed in batch 1, and max_failures allows 0 (10% of 2)" ]
  fail vm-03 --limit 'vm-0[1-4]'
  ended 6 1 1
  [ "$(value .halt_cause)" = "1 of 2 failed in batch 2, and max_failures allows 0 (10% of 2)" ]
}

@test "one by one, up to the first that fails, by options alone; a rerun keeps to that, and can be told otherwise" {
  vms='vm-[1-5]' write_job "max_failures: 100%" "retry: {attempts: 5, delay: 1ms}" "concurrency: 1"
  fail vm-2 --batches 1 --max-failures 0 --retry 0 --script-timeout 70s
  ended 6 1 3
  [ "$(value .halt_cause)" = "1 target has failed, and max_failures allows 0" ] || { value .halt_cause; return 1; }
  jq -se '.[0].overrides | [.batches, .max_failures, .attempts, .script_timeout_s] == ["1", "0", 1, 70]' \
    "$place/run/journal.jsonl" >/dev/null
  STUB_AZ=script_fails STUB_AZ_FOR=vm-2 run "$azfan" rerun "$place/run" --run-dir "$place/rerun"
  [ "$status" = 6 ]
  jq -se '.[0].job | [.batches, .attempts, .script_timeout_s] == [4, 1, 70]' "$place/rerun/journal.jsonl" >/dev/null
  [ "$(jq -r .counts.skipped "$place/rerun/report.json")" = 3 ]
  STUB_AZ=busy:1 run "$azfan" rerun "$place/rerun" --batches 1,100% --retry 2 --max-failures 50% --run-dir "$place/last"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  jq -se '.[0] | [.job.batches, .job.attempts, .overrides.max_failures] == [2, 3, "50%"]' \
    "$place/last/journal.jsonl" >/dev/null
}

@test "every report says the same of a batch that halted, and so does the journal" {
  vms='vm-[1-4]' write_job "batches: [1, 100%]" "max_failures: 10%"
  fail vm-1
  cause="1 of 1 failed in batch 1, and max_failures allows 0 (10% of 1)"
  [[ $output == *"Halted: $cause."* ]]
  [ "$(jq -r 'select(.event == "halt") | .cause' "$place/run/journal.jsonl")" = "$cause" ]
  "$azfan" report "$place/run" "--report=$place/again."{json,txt,xml,html,md} >/dev/null
  for suffix in json txt xml html md; do
    grep -qF "$cause" "$place/again.$suffix" || { echo "$suffix"; return 1; }
  done
  [ "$(jq -S . "$report")" = "$(jq -S . "$place/again.json")" ]
}

@test "run and rehearse say it before anything is started" {
  vms='vm-[1-4]' write_job "batches: [1, 100%]" "max_failures: 10%"
  says="  the run halts after 1 failure in batch 1 (1 VM), 1 in batch 2 (3), or 1 in all (4); what is running then may finish"
  fail none
  [ "$status" = 0 ]
  [[ ${output%%ok *} == *"$says"* ]] || { echo "$output"; return 1; }
  run "$azfan" rehearse "$job" --run-dir "$place/rehearsal" --inject vm-1=exit:1
  [ "$status" = 6 ]
  [[ ${output%%failed *} == *"$says"* ]]
  vms='vm-[1-4]' write_job # nothing to be said
  fail none
  [[ $output != *halt* ]]
}

@test "plan says it before, batch by batch, and shortly of many batches" {
  vms='vm-[01-30]' write_job "batches: [1, 10%, 100%]" "max_failures: 10%" "on_halt: stop"
  plan_says "the run halts after 1 failure in batch 1 (1 VM), 1 in batch 2 (3), 3 in batch 3 (26), or 4 in all (30); what is running then is stopped"
  vms='vm-[001-300]' write_job "batches: 1" "max_failures: 10%"
  plan_says "the run halts after 1 failure in any of batches 1 to 300 (1 VM each), or 31 in all (300); what is running then may finish"
  vms='vm-[01-30]' write_job "batches: [1, 10%, 100%]"
  plan_says "the run halts when nothing in a batch is ok: after 1 failure in batch 1 (1 VM), 3 in batch 2 (3)"
  vms='vm-[01-30]' write_job "batches: [1, 10%, 100%]" "max_failures: 100%"
  plan_says "failures never halt the run"
  vms='vm-[01-30]' write_job
  plan_says "failures never halt the run"
}
