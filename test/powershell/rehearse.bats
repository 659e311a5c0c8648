#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Rehearsals that run scripts for PowerShell on this machine.

bats_require_minimum_version 1.5.0

load helper

@test "PowerShell: rehearse --execute runs a script as on a Windows VM, and once" {
  export PATH=${powershell%/*}:$PATH
  cat >"$place/script.ps1" <<'EOF'
param([string]$Who)
"hello $Who on $AZFAN_TARGET", [Environment]::GetEnvironmentVariable('ProgramData')
[Console]::Error.WriteLine('a remark')
if ($AZFAN_TARGET -eq 'fails') { exit 7 }
EOF
  printf 'version: 1\nname: x\nscript: {file: script.ps1, shell: powershell, parameters: {Who: é}}\ntargets: {resource_group: rg, vms: [good, fails]}\ntimeout: 9m\n' >"$job"
  run "$azfan" rehearse "$job" --execute --run-dir "$place/run"
  echo "$output"
  [ "$(ends)" = "fails failed exit 7
good ok  0" ]
  [[ $(text_of good stdout) == "hello é on good"$'\n'* && $(text_of good stderr) == "a remark" ]]
}
