#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What the guard for PowerShell does with a script that it must stop, or must not start.

bats_require_minimum_version 1.5.0

load helper

@test "PowerShell: a limit with time to clean up, a second start, and no place for the script" {
  stand_in
  secret=x
  cat >"$place/script.ps1" <<'EOF'
switch ($AZFAN_TARGET) {
    tidies {
        (Start-Process sleep 300 -PassThru).Id >$PSScriptRoot/../beside
        try { 'begins'; Start-Sleep 300; 'never' } finally {
            Write-Host 'tidies up'
            New-Item $PSScriptRoot/../tidy | Out-Null
            sh -c 'echo all'
            [Console]::Error.WriteLine('and errors')
        }
    }
    hangs {
        try { Start-Sleep 300 } finally {
            sh -c "sleep 300 & echo `$! >'$PSScriptRoot/../child'; wait"
            Write-Host 'never'
        }
    }
}
"ran on $AZFAN_TARGET"
EOF
  # What a busy machine does not reach, and does not need.
  run_on "tidies, hangs" "script_timeout: 60s" "script_grace: 15s"
  [ "$(ends)" = "hangs timeout script -
tidies timeout script -" ]
  [ "$(text_of tidies stdout)" = "begins
tidies up
all" ]
  [ "$(text_of tidies stderr)" = "and errors" ]
  [ "$(text_of hangs stdout)" = "" ]
  [ -e "$place/tmp/tidy" ]
  run ! kill -0 "$(cat "$place/tmp/beside")"
  run ! kill -0 "$(cat "$place/tmp/child")"
  # Without a limit, which a busy machine would reach.
  run_on "nowhere, twice"
  [ "$(ends)" = "nowhere error other -
twice unknown no_trailer -" ]
  [[ $(cat "$place/vms/twice/0.out") == "ran on twice"*" end=exit status=0 "* ]]
  [[ $(cat "$place/vms/twice/1.out") != *ran* && $(cat "$place/vms/twice/1.out") == *" end=again status=1 "* ]]
  [ "$(find "$place/data" -name 'azfan-once-*' | wc -l)" = 3 ]
  [ -z "$(find "$place/tmp" -name 'azfan-*')" ]
}
