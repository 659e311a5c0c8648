#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The mark of a script that must not run twice, on a Windows VM.

bats_require_minimum_version 1.5.0

load helper

# guard NAME NUMBER: the guard of the job, of an attempt of its own, runs on a VM with that folder for its data
guard() {
  sed "s/^\(\$azfan_nonce = '\).*/\1$(printf '%032d' "$2")'/" "$place/guard.ps1" >"$place/$1.$2.ps1"
  TMPDIR=$place/tmp ProgramData=$place/$1 PATH=$place/bin:$PATH exec "$place/bin/powershell.exe" -File \
    "$place/$1.$2.ps1" </dev/null >"$place/$1.out$2" 2>"$place/$1.err$2"
}

ended() { # NAME NUMBER WORD
  grep -q "^azfan:0*$2 end=$3 " "$place/$1.out$2" || { tail "$place/$1".out* "$place/$1".err*; return 1; }
}

@test "PowerShell: a mark that is another's or old, two guards at once, and a guard that was killed" {
  local mark=azfan-once-00000000000000000000000000000000 pid
  stand_in
  mkdir "$place/file" "$place/link" "$place/both" "$place/killed" "$place/elsewhere"
  printf 'Add-Content "$env:ProgramData/ran" x\nif ($env:ProgramData -like "*/killed") { Set-Content "$env:ProgramData/pid" $PID; Start-Sleep 300 }\n' >"$place/script.ps1"
  printf 'version: 1\nname: x\nscript: {file: script.ps1, shell: powershell}\ntargets: {resource_group: rg, vms: [a]}\n' >"$job"
  "$azfan" plan "$job" --guard >"$place/guard.ps1"
  # Not a folder of a guard's; and marks of long ago go, but what is not empty stays.
  touch "$place/file/$mark"
  mkdir "$place/both/azfan-once-old" "$place/both/azfan-once-full" "$place/both/azfan-once-young"
  touch "$place/both/azfan-once-full/x"
  ln -s "$place/elsewhere" "$place/link/$mark"
  touch -d '8 days ago' "$place/both/azfan-once-old" "$place/both/azfan-once-full" "$place/elsewhere"
  guard both 1 &
  pid=$!
  (guard both 2)
  wait "$pid"
  [ "$(cat "$place/both/ran")" = x ]
  if grep -q ' end=exit ' "$place/both.out1"; then ended both 2 again; else ended both 1 again && ended both 2 exit; fi
  guard file 3 &
  pid=$!
  (guard link 4)
  wait "$pid"
  ended file 3 exit
  ended link 4 exit
  [ "$(cat "$place/file/ran" "$place/link/ran")" = $'x\nx' ]
  # Nobody says that the script had not started.
  guard killed 5 &
  pid=$!
  until [ -s "$place/killed/pid" ]; do sleep 0.05; done
  kill -KILL "$pid"
  wait "$pid" || :
  (guard killed 6)
  kill -KILL "$(cat "$place/killed/pid")"
  ended killed 6 again
  [ "$(cat "$place/killed/ran")" = x ]
  [ ! -e "$place/both/azfan-once-old" ]
  [ -e "$place/both/azfan-once-full/x" ]
  [ -d "$place/both/azfan-once-young" ]
}
