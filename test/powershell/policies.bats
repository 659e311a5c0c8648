#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Windows VMs whose policies let PowerShell load no script, or leave it its constrained language.
#
# shellcheck disable=SC2034,SC2154 # helper.bash has them

bats_require_minimum_version 1.5.0

load helper

# powershell.exe as on those VMs, whose names say what it refuses: the guard, or what the guard starts. What 5.1 prints
# there is the same for a policy that is AllSigned, and for AppLocker, but for the words before the first colon.
refusing_powershell() {
  cat >"$place/bin/powershell.exe" <<'EOF'
#!/bin/bash
refuse() { # FIRST-LINE CATEGORY ID
  printf '%s\r\n    + CategoryInfo          : %s\r\n    + FullyQualifiedErrorId : %s\r\n\r\n' "$@" >&2
  exit 1
}
file=${!#}
part=guard
[[ $file != *runner.ps1 ]] || part=runner
case ${PWD##*/}:$part in
unsigned:guard | unsigned-runner:runner)
  refuse "File ${file//\//\\} cannot be loaded. The file ${file//\//\\} is not digitally signed." \
    'SecurityError: (:) [], ParentContainsErrorRecordException' UnauthorizedAccess ;;
gesperrt:guard)
  refuse "Die Datei \"${file//\//\\}\" kann nicht geladen werden." \
    'Sicherheitsfehler: (:) [], ParentContainsErrorRecordException' UnauthorizedAccess ;;
trusted:guard)
  refuse "${file//\//\\} : Cannot dot-source this command because it was defined in a different language mode." \
    "InvalidOperation: (:) [${file##*/}], NotSupportedException" "DotSourceNotSupported,${file##*/}" ;;
constrained:guard | constrained-runner:runner) # truly
  exec "$AZFAN_TEST_PWSH" -NoProfile -NonInteractive -Command \
    "\$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'; & '$(realpath "$file")'; exit \$LASTEXITCODE" ;;
esac
exec "$AZFAN_TEST_PWSH" "$@"
EOF
  sed -i "s|\$AZFAN_TEST_PWSH|$powershell|" "$place/bin/powershell.exe"
}

# told NAME: its message
told() { value ".targets[] | select(.name == \"$1\") | .message"; }

@test "PowerShell: what a policy of the VM refuses is an error with what to do; the script has not started" {
  local name vms='unsigned, unsigned-runner, gesperrt, trusted, constrained, constrained-runner'
  secret=hush
  stand_in
  refusing_powershell
  echo 'Write-Output ran' >"$place/script.ps1"
  run_on "$vms"
  [ "$status" = 5 ]
  diff <(ends) <(sed 's/, /\n/g; s/$/ error other -/mg' <<<"$vms" | sort)
  [ "$(value '[.targets[] | .script_started, .may_still_run] | unique | tojson')" = '[false,"no"]' ]
  for name in unsigned unsigned-runner gesperrt; do
    [[ $(told $name) = *"it did not start: "*"; a policy on the VM does not let the script be loaded"* ]]
  done
  [[ $(told trusted) = *"it did not start: "*"; PowerShell runs in constrained language mode"* ]]
  for name in constrained constrained-runner; do
    [[ $(told $name) = *"it did not start: PowerShell runs in constrained language mode"* ]]
  done
  # no folder is left, and no mark: it may start in a rerun
  [ -z "$(find "$place/data" "$place/tmp" -mindepth 1)" ]
}
