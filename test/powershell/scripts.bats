#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Scripts under the guard for PowerShell do what they do under plain Run Command.

bats_require_minimum_version 1.5.0

load helper

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

# The guarded script of the job, as it is sent: also one that a PowerShell in PATH would find wrong.
guard() { PATH=$place/path:$PATH "$azfan" plan "$job" --guard; }

# What ends otherwise on purpose: plain Run Command has no status but that of exit and of an uncaught error, and
# nobody answers a prompt.
declare -gA other=(
  [native-last]=5 [native-last-comment]=5 [native-last-in-if]=5 [cmdlet-then-native-last]=5 [named-blocks]=5
  [native-then-cmdlet-last]=1 [non-terminating-last]=1 [non-terminating-ignored-last]=1 [statement-ending-last]=1
  [write-error-last]=1 [clixml]=1 [exit-negative]=-1
)

@test "a PowerShell script does under the guard what it does without" {
  local script name setting
  mkdir "$place/guards" "$place/tmp" "$place/expected" "$place/actual" "$place/path"
  ln -s /bin/true "$place/path/pwsh"
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
  [ -z "$(find "$place/tmp" -name 'azfan-*')" ]
}
