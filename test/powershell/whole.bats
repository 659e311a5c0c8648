#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# All that a script on a Windows VM prints comes back. The same table is in test_whole for sh; here each row costs two
# starts of PowerShell, so there are few.

bats_require_minimum_version 1.5.0

load helper

# lines COUNT: as a tool prints that installs packages
lines() {
  seq "$1" | awk '{ printf "Setting up package %d of the feature %s\r\n", $1, substr("webserverdatabasemanager", $1 % 7, 9) }'
}

# noise SEED COUNT: what does not compress, the same each time
noise() {
  python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(int(sys.argv[1])).randbytes(int(sys.argv[2])))' "$@"
}

@test "PowerShell: an output that Azure has no room for comes back whole, or with both ends" {
  stand_in
  secret=tr0ub4dor
  mkdir "$place/in"
  cat >"$place/script.ps1" <<'EOF2'
param($Secret)
$folder = "$PSScriptRoot/../../in"
if ($AZFAN_TARGET -like 'gone*') { Remove-Item -Recurse -Force $PSScriptRoot }
$output, $errors = [Console]::OpenStandardOutput(), [Console]::OpenStandardError()
$bytes = [IO.File]::ReadAllBytes("$folder/$AZFAN_TARGET.out")
$output.Write($bytes, 0, $bytes.Length)
$bytes = [IO.File]::ReadAllBytes("$folder/$AZFAN_TARGET.err")
$errors.Write($bytes, 0, $bytes.Length)
if ($AZFAN_TARGET -eq 'log') { $Secret }
if ($AZFAN_TARGET -like 'gone*') { "its folder: $(Test-Path $PSScriptRoot)" }
EOF2
  # A log and what went wrong, no text at all, exactly what there is room for, and far too much.
  lines 1300 | head -c 61440 >"$place/in/log.out"
  noise 1 300 | base64 >"$place/in/log.err"
  { printf 'a\0b\xff\xfe\xc3('; printf 'hidden' | iconv -t UTF-16LE; lines 200; } >"$place/in/bytes.out"
  printf 'caf\xe9\r\n' >"$place/in/bytes.err"
  lines 200 | head -c 3960 >"$place/in/edge.out"
  lines 200 | head -c 4095 >"$place/in/edge.err"
  noise 2 10485760 >"$place/in/flood.out"
  noise 3 20000 >"$place/in/flood.err"
  # The shorter the ends, the less of what does not compress is in them, and all at once there is none.
  { lines 900; noise 4 200000; lines 900; } >"$place/in/cliff.out"
  true >"$place/in/cliff.err"
  # Short, and in code pages that nobody knows; and in UTF-16.
  printf 'a\0b\xff\xfe\xc3(caf\xe9\r\n' >"$place/in/page.out"
  printf 'gr\xc3\xbc\xc3\x9fe\n' | iconv -t UTF-16LE >"$place/in/page.err"
  # A script that removes its own folder.
  lines 3 >"$place/in/gone.out"
  lines 2 >"$place/in/gone.err"
  lines 1300 | head -c 61440 >"$place/in/gone-long.out"
  lines 200 >"$place/in/gone-long.err"
  run_on "log, bytes, edge, flood, cliff, page, gone, gone-long"
  [ "$(ends)" = "bytes ok  0
cliff ok  0
edge ok  0
flood ok  0
gone ok  0
gone-long ok  0
log ok  0
page ok  0" ]
  [ "$(value '.targets[] | [.name, .stdout_truncated, .stderr_truncated] | join(" ")' | sort)" = "bytes false false
cliff true false
edge false false
flood true true
gone false false
gone-long false false
log false false
page false false" ]
  text_of log stdout | cmp - <(cat "$place/in/log.out"; printf '***\n')
  for vm in gone gone-long; do
    text_of "$vm" stdout | cmp - <(cat "$place/in/$vm.out"; printf 'its folder: False\n')
  done
  for stream in log/err edge/out edge/err gone/err gone-long/err; do
    text_of "${stream%/*}" "std${stream#*/}" | cmp - "$place/in/${stream%/*}.${stream#*/}"
  done
  for stream in bytes.out page.out page.err; do
    cmp "$place/run/output/$stream" "$place/in/$stream"
  done
  grep -qF ' bytes left out ' "$place/run/output/flood.out"
  [ "$(text_of cliff stdout | wc -c)" -gt 60000 ]
  cmp <(head -c 1000 "$place/run/output/flood.out") <(head -c 1000 "$place/in/flood.out")
  cmp <(tail -c 1000 "$place/run/output/flood.out") <(tail -c 1000 "$place/in/flood.out")
  cmp <(tail -c 1000 "$place/run/output/flood.err") <(tail -c 1000 "$place/in/flood.err")
  run ! grep -rqF "$secret" "$place/run"
}
