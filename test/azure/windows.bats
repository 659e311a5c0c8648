#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# azfan with the real az, for Windows VMs of a simulated Azure, whose scripts a real PowerShell runs.

bats_require_minimum_version 1.5.0

load helper

setup() {
  local reason
  ! reason=$(missing_program) || skip "$reason"
  powershell=$("$BATS_TEST_DIRNAME/../powershell/locate") || skip "PowerShell is not installed: .ci/deps powershell"
  T=$BATS_TEST_TMPDIR
  AZFAN=${AZFAN:-$BATS_TEST_DIRNAME/../../build/azfan}
  "$BATS_TEST_DIRNAME/../powershell/stand-in" "$T/bin" "$powershell"
  mkdir -m 700 "$T/runtime"
}

target() { # NAME FILTER
  jq -j --arg name "$1" ".targets[] | select(.name == \$name) | $2" "$T/run/report.json"
}

@test "azfan: scripts on Windows VMs end, print and are stopped as on Linux" {
  local child
  control set "$(jq -n --arg powershell "$T/bin" '{vms: (["rg-win/all", "rg-win/fine", "rg-win/throws", "rg-win/limit", "rg-win/once"] |
    map({key: ., value: {os: "Windows", powershell: $powershell}}) | from_entries)}')"
  control set '{"vms": {"rg-win/once": {"lost": 1}}}'
  cat >"$T/script.ps1" <<'EOF'
param([Parameter(Mandatory)][string]$Mark, [string]$Token, [string]$First)
Add-Content "$Mark/$AZFAN_TARGET" 'ran'
switch ($AZFAN_TARGET) {
    all {
        "azfan:$((Split-Path -Leaf $PSScriptRoot) -replace 'azfan-') end=exit status=0 seconds=1"
        1..2000
        "Grüße, 東京 ☃, $Token, $($Token.Length), $First, $(. $PSScriptRoot/lib/say.ps1)"
        (Start-Process sleep 300 -PassThru).Id
        exit 7
    }
    throws { throw 'it broke' }
    limit { sh -c "sleep 300 & echo `$! >$Mark/child; wait" }
}
EOF
  mkdir "$T/lib"
  echo "'said'" >"$T/lib/say.ps1"
  cat >"$T/job.yaml" <<EOF
version: 1
name: windows
script:
  args: [it is ü]
  files: [lib/say.ps1]
  file: script.ps1
  shell: powershell
  parameters: {Mark: $T, Token: {env: AZFAN_TEST_TOKEN}}
targets: {resource_group: rg-win, vms: [all, throws, limit, once, fine]}
concurrency: 4
timeout: 300s
script_timeout: 100s
EOF
  AZFAN_TEST_TOKEN="it's ü" XDG_RUNTIME_DIR=$T/runtime XDG_STATE_HOME=$T/state \
    run "$AZFAN" run "$T/job.yaml" --run-dir "$T/run" --yes </dev/null
  echo "$output"
  [ "$(jq -r '.targets[] | [.name, .outcome, .reason, .exit_code // "-"] | join(" ")' "$T/run/report.json" | sort)" = \
    "all failed exit 7
fine ok  0
limit timeout script -
once error other -
throws failed exit 1" ]
  [ "$(target all .stdout | tail -n 3 | head -n 2)" = "2000
Grüße, 東京 ☃, ***, 6, it is ü, said" ]
  kill "$(target all .stdout | tail -n 1)" # it was left alone, and not waited for
  # more than Azure returns, and all there
  [ "$(target all .stdout_truncated)" = false ]
  target all .stdout | sed -n '2,2001p' | cmp - <(seq 1 2000)
  [[ $(target throws .stderr) == "Exception: "*"it broke"* ]]
  child=$(cat "$T/child")
  run ! alive "$child"
  run ! grep -rF "it's ü" "$T/run"

  # Nobody knows whether it ran there, and a rerun does not run it again.
  [ "$(cat "$T/once")" = ran ]
  AZFAN_TEST_TOKEN="it's ü" XDG_RUNTIME_DIR=$T/runtime XDG_STATE_HOME=$T/state \
    run "$AZFAN" rerun "$T/run" --limit once --now --run-dir "$T/rerun" --yes </dev/null
  echo "$output"
  [ "$(cat "$T/once")" = ran ]
}
