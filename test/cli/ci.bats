#!/usr/bin/env bats
# The CI samples: their own scripts, run here in a copy of the sample repository as the service would run them.

load helper

python=/usr/bin/python3 # Debian's: it has Debian's modules

setup() {
  setup_place
  $python -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"
  cp -R "$top/examples/ops" "$place/ops"
  mkdir "$place/bin" "$place/steps" "$place/reports"
  ln -s "$(realpath "$azfan")" "$place/bin/azfan"
  export PATH=$place/bin:$PATH AZFAN_AZ=$stub/az
  unset MAKEFLAGS MAKELEVEL MFLAGS AZFAN
  # What the service would fill in.
  export REPORTS=$place/reports JOB=restart-nginx AGENT_TOKEN=hushhush GITHUB_STEP_SUMMARY=$place/summary.md
}

# take_steps SERVICE: the steps of that sample; fails where it is no YAML.
take_steps() { $python "$BATS_TEST_DIRNAME/steps.py" "$top/examples/ci/$1.yaml" "$place/steps" >"$place/list"; }

# play JOB: its scripts, in order. A step that is not "always" is left out after a failure. Sets STATUS to the first failure.
play() {
  local name when script status
  failed=0
  while read -r name when script; do
    case $name/$script in
    "$1"/*.sh) ;;
    *) continue ;;
    esac
    grep -q 'make -C .*install$' "$script" && continue
    [ "$when" = always ] || [ "$failed" = 0 ] || continue
    status=0
    (cd "$place/ops" && env -u JOB -u AGENT_TOKEN bash --noprofile --norc -eo pipefail "$script") >>"$place/log" 2>&1 || status=$?
    [ "$status" = 0 ] || [ "$failed" != 0 ] || failed=$status
  done <"$place/list"
}

# The reports in FOLDER are those of a run with so many testcases and failures. A run that halts at its
# second failure has 2 at least and 7 at most: one VM first, then half of the 11, of which those that have
# begun may end.
has_reports() { # FOLDER TESTS LEAST-FAILURES MOST-FAILURES
  local failures
  xmllint --noout "$1/TEST-restart-nginx.xml"
  [ "$(xmllint --xpath 'count(//testcase)' "$1/TEST-restart-nginx.xml")" = "$2" ]
  failures=$(xmllint --xpath 'count(//testcase/failure)' "$1/TEST-restart-nginx.xml")
  [ "$failures" -ge "$3" ] && [ "$failures" -le "$4" ]
  grep -q restart-nginx "$1/restart-nginx.md"
}

@test "GitHub Actions: a pull request checks and rehearses, and fails with a wrong job" {
  take_steps github-actions
  play check
  [ "$failed" = 0 ] || { cat "$place/log"; return 1; }
  grep -q 'rotate-token.yaml: ok' "$place/log"
  [ "$(grep -c ' targets in .*(a rehearsal' "$place/log")" = 2 ]
  echo 'version: 2' >"$place/ops/jobs/wrong.yaml"
  play check
  [ "$failed" = 2 ]
}

@test "GitHub Actions: a run publishes its reports, also when scripts fail, and keeps azfan's exit status" {
  command -v xmllint >/dev/null || skip "xmllint is not installed"
  take_steps github-actions
  play run
  [ "$failed" = 0 ] || { cat "$place/log"; return 1; }
  has_reports "$place/ops" 11 0 0
  diff "$place/ops/restart-nginx.md" "$place/summary.md"
  rm -r "$place/ops/run" "$place/summary.md" "$place"/ops/{TEST-,}restart-nginx.{xml,md} 2>/dev/null || true
  export STUB_AZ=script_fails
  play run
  [ "$failed" = 6 ] || { cat "$place/log"; return 1; }
  has_reports "$place/ops" 11 2 7
  diff "$place/ops/restart-nginx.md" "$place/summary.md"
  # What is uploaded, whatever happened, is there.
  grep '^run always .*upload-artifact' "$place/list" | grep -oE 'TEST-\*\.xml|run/' >"$place/uploaded"
  [ "$(wc -l <"$place/uploaded")" = 2 ]
  [ -e "$place/ops/run/report.json" ]
}

@test "Azure Pipelines: a pull request checks and rehearses, and fails with a wrong job" {
  take_steps azure-pipelines
  play check
  [ "$failed" = 0 ] || { cat "$place/log"; return 1; }
  [ "$(grep -c ' targets in .*(a rehearsal' "$place/log")" = 2 ]
  echo 'version: 2' >"$place/ops/jobs/wrong.yaml"
  play check
  [ "$failed" = 2 ]
}

@test "Azure Pipelines: a run publishes its reports, also when scripts fail, and keeps azfan's exit status" {
  command -v xmllint >/dev/null || skip "xmllint is not installed"
  take_steps azure-pipelines
  export STUB_AZ=script_fails
  play run
  [ "$failed" = 6 ] || { cat "$place/log"; return 1; }
  has_reports "$place/reports" 11 2 7
  grep -qxF "##vso[task.uploadsummary]$place/reports/restart-nginx.md" "$place/log"
  [ -e "$place/reports/run/report.json" ]
  # The task that publishes looks where the file is.
  sed -n 's/^run always \(.*PublishTestResults@2.*\)/\1/p' "$place/list" >"$place/task"
  [ "$(jq -r '.inputs.testResultsFormat + " " + .inputs.searchFolder' "$place/task")" = 'JUnit $(reports)' ]
  ls "$place/reports/"$(jq -r .inputs.testResultsFiles "$place/task")
  rm -r "$place/reports" && mkdir "$place/reports"
  unset STUB_AZ
  play run
  [ "$failed" = 0 ] || { cat "$place/log"; return 1; }
  has_reports "$place/reports" 11 0 0
}

@test "secrets come by the environment alone" {
  for service in github-actions azure-pipelines; do
    take_steps $service
    ! grep -l 'azfan.*hushhush' "$place"/steps/*.sh || return 1
    JOB=rotate-token take_steps $service
    play run
    [ "$failed" = 0 ] || { cat "$place/log"; return 1; }
    rm -rf "$place/reports" "$place/ops/run" && mkdir "$place/reports"
  done
  ! grep -rl hushhush "$place/log" "$place/summary.md" "$XDG_STATE_HOME" "$place/ops" 2>/dev/null || return 1
}
