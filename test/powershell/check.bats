#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What `azfan check` says of scripts for PowerShell, as PowerShell's own parser does.

bats_require_minimum_version 1.5.0

load helper

@test "PowerShell: check says what the parser does, and where, and executes nothing" {
  export PATH=${powershell%/*}:$PATH
  printf 'version: 1\nname: x\nscript: {file: script.ps1, shell: powershell}\ntargets: {resource_group: rg, vms: [a]}\n' >"$job"
  printf 'New-Item %s\n"Grüße" ; if ($a { }\n' "$place/ran" >"$place/script.ps1"
  run ! "$azfan" check "$job"
  [[ $output == *"script.ps1:2:18: PowerShell says: "* ]]
  printf 'Get-Date\n$a = $b ?? 3\n' >"$place/script.ps1"
  run ! "$azfan" check "$job"
  [[ $output == *'script.ps1:2:9: Windows PowerShell 5.1, which runs scripts on VMs, has no operator `??`'* ]]
  printf '#requires -Version 5\nparam($A)\n"a && b" # ?? \nNew-Item %s\n' "$place/ran" >"$place/script.ps1"
  run "$azfan" check "$job"
  echo "$output"
  [[ $output == *"ok, 1 target"* && $output != *script.ps1* ]]
  [ ! -e "$place/ran" ]
}
