#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The words of `azfan exec`, as PowerShell reads the command that is made of them.

load helper

@test "PowerShell: the words of a command arrive as they are" {
  words=('a  b' '' '$HOME' ';' "it's" '‘q’ “é” 😀' '*' 'C:\x' '@z' 'a,b' '(1)' '`n' '"d"' -Force --% 1e3 -0x10 .5 -5 1kb _x $'two\nlines')
  "$azfan" exec rg/vm --az "$top/build/stub/az" --shell powershell --run-dir "$place/run" -q \
    -- Write-Output "${words[@]}" >"$place/out" 2>&1 || { cat "$place/out"; return 1; }
  # A function instead of the cmdlet shows each word, -Force too.
  sed -n '/inline:/,/^targets:/p' "$place/run/job.yaml" | sed '1d;$d; s/^    //; s/^Write-Output/function Show { $args | % { "<$_>" } }; Show/' \
    >"$place/script.ps1"
  diff <(printf '<%s>\n' "${words[@]}") <("$powershell" -NoProfile -File "$place/script.ps1")
}
