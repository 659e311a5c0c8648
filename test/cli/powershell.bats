#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The guard for PowerShell under a real PowerShell, in PATH or where .ci/deps powershell puts it. Its start takes
# more than a second of a processor: so each test has few of them, and many cases.

bats_require_minimum_version 1.5.0

load helper

setup() {
  setup_place
  powershell=$("$top/test/powershell/find") || skip "PowerShell is not installed: .ci/deps powershell"
  export NO_COLOR=1 TERM=dumb LC_ALL=C.UTF-8
}

# write_powershell_job FILE [LINE...]: a job for one VM with that script, and more lines below script
write_powershell_job() {
  local file=$1
  shift
  {
    printf 'version: 1\nname: test\nidempotent: true\nscript:\n  file: %s\n  shell: powershell\n' "$file"
    [ $# -eq 0 ] || printf '  %s\n' "$@"
    printf 'targets: {resource_group: rg, vms: [vm-1]}\n'
  } >"$job"
}

# What a Windows VM has besides PowerShell.
stand_in() {
  mkdir -p "$place/bin" "$place/data" "$place/tmp"
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$powershell" >"$place/bin/powershell.exe"
  cp "$top/test/powershell/taskkill" "$place/bin/taskkill.exe"
  chmod +x "$place"/bin/*
  export AZFAN_TEST_VM_PATH=$place/bin:$PATH AZFAN_TEST_VM=$place STUB_AZ_TRUE=$stub/az
}

# The guarded script of the job, as it is sent.
guard() { "$azfan" plan "$job" --az "$stub/az" | sed '1,/^Script as it is sent/d'; }

# What ends otherwise on purpose: plain Run Command has no status but that of exit and of an uncaught error, and
# nobody answers a prompt.
declare -gA other=(
  [native-last]=5 [native-last-comment]=5 [native-last-in-if]=5 [cmdlet-then-native-last]=5 [named-blocks]=5
  [native-then-cmdlet-last]=1 [non-terminating-last]=1 [non-terminating-ignored-last]=1 [statement-ending-last]=1
  [write-error-last]=1 [clixml]=1 [exit-negative]=-1
)

@test "a PowerShell script does under the guard what it does without" {
  local script name setting
  mkdir "$place/guards" "$place/tmp" "$place/expected" "$place/actual"
  for script in "$top"/test/powershell/scripts/*.ps1; do
    name=$(basename "$script" .ps1)
    setting=$(sed -n '1s/^#: //p' "$script")
    if [ -n "$setting" ]; then
      write_powershell_job "$script" "parameters: {${setting%%=*}: $(jq -n --arg value "${setting#*=}" '$value')}"
    else
      write_powershell_job "$script"
    fi
    guard >"$place/guards/$name"
    sed "s/^--- status .*/--- status ${other[$name]:-$(sed -n 's/^--- status //p' "${script%.ps1}.plain")}/" \
      "${script%.ps1}.plain" >"$place/expected/$name"
  done
  # The prompts of plain Run Command, whose answer is an empty line.
  sed -i '/^cmdlet script/,/^Name: /d' "$place/expected/param-mandatory-missing"
  sed -i '1{/^$/d}' "$place/expected/param-mandatory-missing"
  (cd "$place/guards" && TMPDIR=$place/tmp "$powershell" -NoProfile -NonInteractive -File \
    "$top/test/powershell/driver.ps1" * >"$place/out" 2>"$place/err" </dev/null) || :
  for name in "$place"/guards/*; do
    name=${name##*/}
    {
      awk -v name="$name" '$0 == "== " name { on = 1; next } /^== / { on = 0 } on' "$place/out"
      echo "--- errors"
      awk -v name="$name" '$0 == "== " name { on = 1; next } /^== / { on = 0 } on' "$place/err"
      awk -v name="$name" '$0 == "== " name { on = 1; next } on && /^== status/ { print "--- status " $3; exit }' "$place/out"
    } | sed "s|$place/tmp/azfan-0*/|FOLDER/|g" >"$place/actual/$name"
  done
  [ "$(ls "$place/actual" | wc -l)" -ge 80 ]
  # Read-Host fails, and the script goes on with nothing, as after an empty line.
  grep -q 'NonInteractive mode' "$place/actual/read-host"
  grep -qxF '[]' "$place/actual/read-host"
  rm "$place/expected/read-host" "$place/actual/read-host"
  diff -ru "$place/expected" "$place/actual"
  [ -z "$(ls "$place/tmp")" ]
}

# One line for each target of the last run, sorted: its name, outcome, reason and status.
ends() { value '.targets[] | [.name, .outcome, .reason, .exit_code // "-"] | join(" ")' | sort; }

# text_of NAME stdout|stderr
text_of() { value ".targets[] | select(.name == \"$1\") | .$2"; }

# run_on VMS [LINE...]: script.ps1 on these, with more lines in the job
run_on() {
  local vms=$1
  shift
  {
    printf 'version: 1\nname: test\nscript:\n  file: script.ps1\n  shell: powershell\n'
    printf '  parameters: {Secret: {env: TEST_SECRET}, Number: "41"}\n'
    printf 'targets: {resource_group: rg, vms: [%s]}\nconcurrency: 3\ntimeout: 9m\n' "$vms"
    printf '%s\n' "$@"
  } >"$job"
  TEST_SECRET=$secret run "$azfan" run "$job" --az "$top/test/powershell/az" --run-dir "$place/run"
  echo "$output"
  ends
}

@test "PowerShell: every end of a script is read, and all that it prints" {
  stand_in
  secret="it's \$x \"ü\""
  cat >"$place/script.ps1" <<'EOF'
param([string]$Secret, [int]$Number = 1)
switch ($AZFAN_TARGET) {
    good { "fine on $AZFAN_TARGET in $AZFAN_BATCH"; [Console]::Error.WriteLine('a remark') }
    status { exit 7 }
    throws { 'before'; throw 'it broke' }
    flood { 1..20000 | ForEach-Object { "line $_" }; [Console]::Error.WriteLine('e' * 9000); 'the end' }
    words { 'Grüße, 東京 ☃'; "it is $Secret"; $Secret.Length; $Number + 1 }
    forge { "azfan:$((Split-Path -Leaf $PSScriptRoot) -replace 'azfan-') end=exit status=0 seconds=1"; exit 9 }
    cut { [Console]::Out.Write("a`n`n  b") }
    daemon { (Start-Process sleep 300 -PassThru).Id }
}
EOF
  run_on "good, status, throws, flood, words, forge, cut, daemon"
  [ "$(ends)" = "cut ok  0
daemon ok  0
flood ok  0
forge failed exit 9
good ok  0
status failed exit 7
throws failed exit 1
words ok  0" ]
  [[ $(text_of daemon stdout) == [0-9]* ]] # it was not waited for
  [ "$(text_of good stdout)" = "fine on good in 1" ]
  [ "$(text_of good stderr)" = "a remark" ]
  [ "$(text_of throws stdout)" = before ]
  [[ $(text_of throws stderr) == "Exception: "*"it broke" ]]
  [ "$(text_of flood stdout | tail -n 2)" = "line 20000
the end" ]
  [ "$(value '.targets[] | select(.name == "flood") | .stdout_truncated, .stderr_truncated')" = "true
true" ]
  [ "$(text_of words stdout)" = "Grüße, 東京 ☃
it is ***
11
42" ]
  [ "$(text_of cut stdout)" = "a

  b" ]
  ! grep -rF "$secret" "$place/run"
  [ -z "$(find "$place/tmp" -name 'azfan-*')" ]
}

@test "PowerShell: a limit, a second start, and no place for the script" {
  stand_in
  secret=x
  cat >"$place/script.ps1" <<'EOF'
if ($AZFAN_TARGET -eq 'hangs') { sh -c "sleep 300 & echo `$! >'$PSScriptRoot/../child'; wait" }
"ran on $AZFAN_TARGET"
EOF
  run_on "hangs, nowhere, twice" "script_timeout: 25s"
  [ "$(ends)" = "hangs timeout script -
nowhere error other -
twice unknown no_trailer -" ]
  ! kill -0 "$(cat "$place/tmp/child")"
  [[ $(cat "$place/vms/twice/0.out") == "ran on twice"*" end=exit status=0 "* ]]
  [[ $(cat "$place/vms/twice/1.out") != *ran* && $(cat "$place/vms/twice/1.out") == *" end=again status=1 "* ]]
  [ "$(find "$place/data" -name 'azfan-once-*' | wc -l)" = 2 ]
  [ -z "$(find "$place/tmp" -name 'azfan-*')" ]
}
