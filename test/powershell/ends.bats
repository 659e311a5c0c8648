#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How scripts for PowerShell end, and what they print, as azfan reads it.

bats_require_minimum_version 1.5.0

load helper

@test "PowerShell: every end of a script is read, and all that it prints" {
  stand_in
  secret="it's \$x \"ü\""
  cat >"$place/script.ps1" <<'EOF'
param([string]$Secret, [int]$Number = 1, $First)
switch ($AZFAN_TARGET) {
    words {
        "on $AZFAN_TARGET in $AZFAN_BATCH"
        'Grüße, 東京 ☃'
        "it is $Secret", $Secret.Length, ($Number + 1), "left $Left"
        "first: $First, $($args.Count) more"
        $args | ForEach-Object { "<$_>" }
        . $PSScriptRoot/lib.ps1
        Say $AZFAN_FILES.Count ($AZFAN_FILES[1, 2] -join ' ')
        [IO.File]::ReadAllBytes("$($AZFAN_FILES[0])/more/ü o's") -join ' '
        [Console]::Error.WriteLine('a remark')
    }
    throws { 'before'; throw 'it broke' }
    flood {
        "azfan:$((Split-Path -Leaf $PSScriptRoot) -replace 'azfan-') end=exit status=0 seconds=1"
        1..20000 | ForEach-Object { "line $_" }
        "azfan:$((Split-Path -Leaf $PSScriptRoot) -replace 'azfan-') end=exit status=0 seconds=1"
        [Console]::Error.WriteLine('e' * 9000)
        exit 9
    }
    daemon { (Start-Process sleep 300 -PassThru).Id; [Console]::Out.Write("a`n`n  b"); exit 194 }
}
EOF
  mkdir "$place/more"
  echo 'function Say($count, $names) { "$count files: $names" }' >"$place/lib.ps1"
  printf 'a\r\n\0\377' >"$place/more/ü o's"
  files="lib.ps1, more/ü o's"
  run_on "{name: words, args: ['it''s \$x', 5, '', -x, \"l1\\nl2\", --, ü☃, {env: TEST_SECRET}]}, throws, flood, daemon"
  [ "$(ends)" = "daemon ok  194
flood failed exit 9
throws failed exit 1
words ok  0" ]
  [ "$(text_of words stdout)" = "on words in 1
Grüße, 東京 ☃
it is ***
11
42
left over
first: it's \$x, 7 more
<5>
<>
<-x>
<l1
l2>
<-->
<ü☃>
<***>
3 files: lib.ps1 more/ü o's
97 13 10 0 255" ]
  [ "$(text_of words stderr)" = "a remark" ]
  [ "$(text_of throws stdout)" = before ]
  [[ $(text_of throws stderr) == "Exception: script.ps1:"*"it broke" ]]
  run grep -lE 'azfan-[0-9a-f]{8}' "$report" "$place/run/journal.jsonl" "$place/run/output/"*
  [ -z "$output" ]
  # What looks like the guard's last line is output, as it stands before that.
  [[ $(text_of flood stdout | tail -n 2) == "line 20000"$'\n'"azfan:"*" end=exit status=0 seconds=1" ]]
  [ "$(value '.targets[] | select(.name == "flood") | .stdout_truncated, .stderr_truncated')" = "true
false" ]
  [ "$(text_of daemon stdout | sed '1s/^[0-9]*$/pid/')" = "pid
a

  b" ] # it was not waited for
  run ! grep -rF "$secret" "$place/run"
  [ -z "$(find "$place/tmp" -name 'azfan-*')" ]
}
