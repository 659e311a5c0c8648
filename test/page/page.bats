#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The page, as Chromium shows it: of a real rehearsal, of one that goes on, of one that was killed, of
# VMs that print what breaks pages, and of 5,000 targets.

load ../cli/helper

# Not in setup_file, where this bats takes a skip for a failure.
missing_program() {
  local program
  for program in chromium chromedriver python3; do
    command -v "$program" >/dev/null || { echo "$program is not installed: .ci/deps page"; return 0; }
  done
  return 1
}

setup_file() {
  ! missing_program >/dev/null || return 0
  export pages=$BATS_FILE_TMPDIR TMPDIR=$BATS_FILE_TMPDIR # where the browsers have their profiles
  BATS_TEST_TMPDIR=$pages
  setup_place
  cat >"$place/look.yaml" <<EOF
version: 1
name: look
script: {inline: 'echo "standard output of the script"'}
targets: {resource_group: rg, vms: ["vm-[1-12]"]}
concurrency: 4
timeout: 2s
script_timeout: 1s
kill_grace: 0s
retry: {attempts: 3, delay: 100ms}
batches: [1, 100%]
EOF
  "$azfan" rehearse "$place/look.yaml" --execute --yes --run-dir "$place/run" --inject vm-3=busy:1 \
    --inject vm-7=hang >/dev/null 2>&1 || [ $? = 4 ]
  "$BATS_TEST_DIRNAME/runs" "$place/run"
  cut_short
  for run in run run-hostile run-large run-killed; do
    "$azfan" report "$place/$run" --report "$place/$run.html"
  done
}

# A run as it is while azfan is at it, and as it is left when azfan is killed.
cut_short() {
  "$azfan" rehearse "$place/look.yaml" --run-dir "$place/run-killed" --inject 'vm-*=hang' >/dev/null 2>&1 3>&- &
  wait_for grep -q '"event":"start"' "$place/run-killed/journal.jsonl"
  "$azfan" report "$place/run-killed" --report "$place/run-going.html"
  kill_with_children $!
}

# kill_with_children PID: azfan, and what it has started.
kill_with_children() {
  local az
  kill -s STOP "$1"
  az=$(pgrep -P "$1" || true)
  # shellcheck disable=SC2086 # words on purpose
  kill -s KILL "$1" $az
  wait "$1" || true
}

setup() {
  ! missing=$(missing_program) || skip "$missing"
  export PYTHONPATH=$BATS_TEST_DIRNAME PYTHONDONTWRITEBYTECODE=1
}

check() { "$BATS_TEST_DIRNAME/checks.py" "$@"; }

@test "what a person looks for is there" { check contents "$pages/run.html"; }

@test "a click on a head sorts" { check sorts_by_mouse "$pages/run.html"; }

@test "the keyboard sorts" { check sorts_by_keyboard "$pages/run.html"; }

@test "text and outcomes filter" { check filters "$pages/run.html"; }

@test "a name leads to what its VM printed" { check links "$pages/run.html"; }

@test "it can be read where scripts are blocked" { check works_without_script "$pages/run.html"; }

@test "nothing is wider than a window of 360, 1,200 or 1,400 pixels, or than paper" { check fits "$pages"/run*.html; }

@test "words of pictures stay apart, and names within their bars" {
  check words_stay_apart "$pages"/run{,-hostile,-going,-killed}.html
}

@test "bars have the names of VMs, and a mark of their outcome" { check has_names "$pages/run.html"; }

@test "light and dark, and light on paper" { check follows_the_scheme "$pages/run.html"; }

@test "on paper everything is open" { check prints_all "$pages/run.html"; }

@test "what VMs printed does no harm" { check harmless "$pages/run-hostile.html"; }

@test "the policy blocks what a mistake would let through" { check policy_blocks "$pages/run.html"; }

@test "5,000 targets open quickly" {
  run check opens_quickly "$pages/run-large.html"
  echo "$output"
  [ "$status" = 0 ]
  echo "# $output" >&3
}

@test "axe-core finds no barrier" {
  axe=$BATS_TEST_DIRNAME/../../build/axe.min.js
  command -v npm >/dev/null || [ -s "$axe" ] || skip "npm is not installed, which axe-core comes from: .ci/deps page"
  "$BATS_TEST_DIRNAME/axe" "$axe" || skip "axe-core could not be fetched"
  check accessible "$axe" "$pages"/run{,-hostile,-going,-killed}.html
}

@test "nothing of it is still running" {
  run pgrep -af "user-data-dir=$TMPDIR/azfan-page-"
  [ "$status" = 1 ] || { echo "$output"; return 1; }
}
