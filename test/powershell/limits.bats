#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What the guard for PowerShell does with a script that it must stop, or must not start.

bats_require_minimum_version 1.5.0

load helper

@test "PowerShell: a limit, a second start, and no place for the script" {
  stand_in
  secret=x
  cat >"$place/script.ps1" <<'EOF'
if ($AZFAN_TARGET -eq 'hangs') { sh -c "sleep 300 & echo `$! >'$PSScriptRoot/../child'; wait" }
"ran on $AZFAN_TARGET"
EOF
  run_on hangs "script_timeout: 60s"
  [ "$(ends)" = "hangs timeout script -" ]
  run ! kill -0 "$(cat "$place/tmp/child")"
  # Without a limit, which a busy machine would reach.
  run_on "nowhere, twice"
  [ "$(ends)" = "nowhere error other -
twice unknown no_trailer -" ]
  [[ $(cat "$place/vms/twice/0.out") == "ran on twice"*" end=exit status=0 "* ]]
  [[ $(cat "$place/vms/twice/1.out") != *ran* && $(cat "$place/vms/twice/1.out") == *" end=again status=1 "* ]]
  [ "$(find "$place/data" -name 'azfan-once-*' | wc -l)" = 2 ]
  [ -z "$(find "$place/tmp" -name 'azfan-*')" ]
}
