#!/usr/bin/env bats
# azfan.mk, through make, in a copy of the sample repository.

load helper

setup() {
  setup_place
  cp -R "$top/examples/ops" "$place/ops"
  cd "$place/ops"
  mkdir "$place/bin"
  ln -s "$(realpath "$azfan")" "$place/bin/azfan"
  export PATH=$place/bin:$PATH AZFAN_AZ=$stub/az AGENT_TOKEN=hushhush
  unset MAKEFLAGS MAKELEVEL MFLAGS AZFAN
}

do_make() { make --no-print-directory "$@"; }

# Jobs that take no time: one that is ok, named NAME.
write_small() { # NAME
  printf 'version: 1\nname: test\nscript: {inline: "echo hello"}\ntargets: {resource_group: rg, vms: [a, b]}\n' >"$1"
}

# only_include [LINE...]: a repository whose Makefile only includes azfan.mk.
only_include() {
  rm -r "$place/ops"
  mkdir -p "$place/ops/jobs"
  cd "$place/ops"
  printf '%s\n' "include \$(shell azfan mk)" "$@" >Makefile
}

@test "the sample: make lists the jobs, checks them, and shows, rehearses and runs each" {
  run do_make
  [ "$status" = 0 ]
  [ "$output" = "restart-nginx    11 targets  Restarts nginx and looks whether it came back.
rotate-token     12 targets  Gives every VM the new token. A VM that has it already stays as it is.
For one of them: make plan-NAME rehearse-NAME run-NAME report-NAME rerun-NAME. More: make help" ]
  run do_make check
  [ "$status" = 0 ]
  [ "$output" = "jobs/restart-nginx.yaml: ok, 11 targets
jobs/rotate-token.yaml: ok, 12 targets" ]
  run do_make plan-restart-nginx
  [ "$status" = 0 ]
  [[ $output == *"Targets (11, in 3 batches)"* ]]
  run do_make rehearse-restart-nginx AZFAN_FLAGS="--limit 'web-[01-02]'"
  [ "$status" = 0 ]
  [[ $output == *"2 ok of 2 targets"*"(a rehearsal)"* ]]
  # The sample says that it is rehearsed before it is run.
  run do_make run-rotate-token AZFAN_FLAGS="--limit web-03"
  [ "$status" = 0 ]
  [[ $output == *"(a rehearsal)"*"1 ok of 1 target "* ]]
  [ "$(azfan runs -q | wc -l)" = 3 ]
}

# install_at PREFIX: azfan and azfan.mk, as `make install PREFIX=` puts them.
install_at() {
  make -s -C "$top" -n install PREFIX="$1" >"$place/plan"
  grep -qF " build/azfan \"$1/bin/\"" "$place/plan" || grep -qF " build/azfan \"$1/bin/azfan\"" "$place/plan"
  grep -qF " share/azfan.mk \"$1/share/azfan/azfan.mk\"" "$place/plan"
  install -D "$azfan" "$1/bin/azfan"
  install -D -m 644 "$top/share/azfan.mk" "$1/share/azfan/azfan.mk"
}

@test "the sample passes its own check as it was copied, also with an azfan under another prefix" {
  unset AGENT_TOKEN
  run make check
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  install_at "$place/prefix"
  rm "$place/bin/azfan"
  run env PATH="$place/prefix/bin:$PATH" azfan mk
  [ "$output" = "$place/prefix/share/azfan/azfan.mk" ]
  run env PATH="$place/prefix/bin:$PATH" make check
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [[ $output == *"jobs/rotate-token.yaml: ok, 12 targets" ]]
  # Without it both say what is missing.
  rm "$place/prefix/share/azfan/azfan.mk"
  run env PATH="$place/prefix/bin:$PATH" azfan mk
  [[ $status = 2 && $output == "azfan: there is no $place/prefix/share/azfan/azfan.mk, "*"make install"* ]]
  run env PATH="$place/prefix/bin:$PATH" make check
  [[ $status = 2 && $output == "azfan: there is no $place/prefix/share/azfan/azfan.mk, "* ]]
}

@test "make help says what there is; a job that cannot be loaded is in the list" {
  run do_make help
  [ "$status" = 0 ]
  [ "$(grep -oE '^make [a-zA-Z-]+' <<<"$output" | paste -sd,)" = \
    "make jobs,make check,make plan-NAME,make rehearse-NAME,make run-NAME,make report-NAME,make rerun-NAME,make schema" ]
  printf 'version: 2\n' >jobs/wrong.yaml
  run do_make jobs
  [ "$status" = 0 ]
  [ "${lines[2]}" = "wrong          cannot be loaded: azfan check jobs/wrong.yaml" ]
}

@test "report-NAME and rerun-NAME are of the job's latest run" {
  only_include "rerun-a: AZFAN_RERUN_FLAGS = --only failed" "report-a: AZFAN_REPORT_FLAGS = --output none"
  write_small jobs/a.yaml
  write_small jobs/b.yaml
  sed -i 's/name: test/name: other/' jobs/b.yaml
  run do_make rehearse-a AZFAN_REHEARSE_FLAGS="--inject a=exit:1 --inject b=busy"
  [ "$status" = 2 ]
  do_make rehearse-b
  run do_make report-a
  [ "$status" = 0 ]
  [[ $output == *"1 failed, 1 error of 2 targets"* && $output != *"Output:"* ]]
  run do_make rerun-a
  [ "$status" = 0 ]
  [[ $output == *"1 ok of 1 target "* ]]
  run do_make rerun-a AZFAN_FLAGS="--limit b" AZFAN_RERUN_FLAGS=
  [ "$status" = 0 ]
  [[ $output == *"b "*"1 ok of 1 target "* ]]
}

@test "azfan's exit status stands in make's error" {
  run do_make rehearse-restart-nginx AZFAN_REHEARSE_FLAGS="--inject '*=exit:1' --limit web-01"
  [ "$status" = 2 ]
  [[ $output == *"rehearse-restart-nginx] Error 3"* ]]
  rm jobs/rotate-token.yaml
  echo 'version: 2' >jobs/wrong.yaml
  run do_make check
  [ "$status" = 2 ]
  [[ $output == *"jobs/restart-nginx.yaml: ok"* && $output == *"jobs/wrong.yaml:1:"* && $output == *"check] Error 2"* ]]
}

@test "schema: the file for editors, beside the jobs" {
  run do_make schema
  [ "$output" = "azfan schema >jobs/azfan.schema.json" ]
  jq -e .properties.version jobs/azfan.schema.json
  # A folder in which it cannot be written is an error.
  run do_make schema AZFAN=false
  [ "$status" = 2 ]
}

@test "flags of one target, of one command and of all" {
  only_include "run-a: AZFAN_RUN_FLAGS = --limit a" "AZFAN_FLAGS = -c 3" "AZFAN_REHEARSE_FLAGS = --seed 7"
  write_small jobs/a.yaml
  write_small jobs/b.yaml
  run do_make -n run-a run-b rehearse-a plan-a
  [ "$output" = "azfan run 'jobs/a.yaml' -c 3 --limit a
azfan run 'jobs/b.yaml' -c 3 
azfan rehearse 'jobs/a.yaml' -c 3 --seed 7
azfan plan 'jobs/a.yaml' -c 3" ]
}

@test "names: dots, quotes and what shells care for; what make cares for has no target but is checked" {
  only_include
  hard='it'\''s "a", {b} @!^`<>+.v1.2'
  hard=${hard// /_}
  write_small "jobs/$hard.yaml"
  write_small jobs/web.v2.yaml
  run do_make "rehearse-$hard" rehearse-web.v2
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  odd=('my job' 's.yaml t' 'a:b' 'c%d' 'e#f' '$(touch pwned)' '`touch pwned`;' 'g=h' 'i*' 'k[l]' 'm(n)' 'o|p' 'q\r' '~s')
  for name in "${odd[@]}"; do
    write_small "jobs/$name.yaml"
  done
  run do_make check
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "${#lines[@]}" = $((2 + ${#odd[@]})) ]
  run do_make jobs
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  [ "${#lines[@]}" = 4 ]
  [[ ${lines[0]} == "$hard  "*" 2 targets" ]]
  for name in "${odd[@]}"; do
    [[ ${lines[3]} == "Without targets because of its name:"*"jobs/$name.yaml"* ]]
  done
  [ ! -e pwned ]
}

@test "names: what steers a terminal or hides on it has no target, and is not printed" {
  only_include
  names=(good Größe $'a\e]0;t\ab' $'c\xc2\x9b1m' $'d\xe2\x80\xaee' $'f\xe2\x80\x8bg' $'h\x01i' $'j\x7fk' $'l\rm' $'n\no')
  for name in "${names[@]}"; do
    write_small "jobs/$name.yaml"
  done
  run do_make jobs
  [ "$status" = 0 ] || { cat -v <<<"$output"; return 1; }
  [ "${#lines[@]}" = 4 ]
  [ "${lines[0]}" = "Größe     2 targets" ]
  [ "${lines[1]}" = "good      2 targets" ]
  [[ ${lines[3]} == "Without targets because of its name:"*"jobs/a?]0;t?b.yaml"* ]]
  run do_make check
  [ "${#lines[@]}" = "${#names[@]}" ]
  run env LC_ALL=C grep -cP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b\xae]' <<<"$(do_make jobs check)"
  [ "$output" = 0 ]
}

@test "no job at all: jobs and check say so; a typing error is make's own" {
  only_include
  for target in jobs check; do
    run do_make $target
    [ "$status" = 2 ]
    [[ $output == *"there is no job in jobs: "*"AZFAN_JOBS"* ]]
  done
  run do_make run-nothing
  [ "$status" = 2 ]
  [[ $output == *"No rule to make target 'run-nothing'"* ]]
  rmdir jobs
  run do_make check
  [[ $output == *"there is no job in jobs: "* ]]
}

@test "another folder, from a subfolder too; several are refused" {
  only_include
  write_small jobs/a.yaml
  mkdir -p sub/deep
  printf 'AZFAN_JOBS = ../jobs/\ninclude $(shell azfan mk)\n' >sub/Makefile
  run do_make -C sub check
  [ "$output" = "../jobs/a.yaml: ok, 2 targets" ]
  run do_make -C sub/deep -f ../Makefile rehearse-a AZFAN_JOBS="$place/ops/jobs"
  [ "$status" = 0 ]
  # Of a Makefile above, included into one below.
  printf 'include ../Makefile\n' >sub/Makefile
  run do_make -C sub rehearse-a AZFAN_JOBS=../jobs
  [ "$status" = 0 ]
  run do_make check AZFAN_JOBS="jobs more"
  [ "$status" = 2 ]
  [[ $output == *"AZFAN_JOBS must be one folder"*'"jobs more"'* ]]
}

@test "targets of the same names, recipes of one's own and the default goal stay" {
  only_include "all: ; @echo mine" "check: lint" "	@echo checked" "lint: ; @echo linted" "run-tests: ; @echo tested" \
    "run-a: lint"
  write_small jobs/a.yaml
  [ "$(do_make)" = mine ]
  # A file that is called like a target changes nothing.
  touch check plan-a run-a rehearse-a azfan-check
  run do_make check
  [ "$output" = "linted
jobs/a.yaml: ok, 2 targets
checked" ]
  [ "$(do_make run-tests)" = tested ]
  run do_make run-a
  [ "${lines[0]}" = linted ]
  [[ $(do_make plan-a rehearse-a) == *"timeout: "*"(a rehearsal)"* ]]
  [[ $output == *"2 ok of 2 targets"* ]]
  # In front of the include too.
  printf 'first:\n\t@echo first\ninclude $(shell azfan mk)\n' >Makefile
  [ "$(do_make)" = first ]
  printf 'AZFAN_PREFIX = vm-\ninclude $(shell azfan mk)\n' >Makefile
  [[ $(do_make vm-jobs) == "a "*"make vm-plan-NAME vm-rehearse-NAME vm-run-NAME vm-report-NAME vm-rerun-NAME. More: make vm-help" ]]
  [[ $(do_make vm-help) == "make vm-jobs "*"make vm-rerun-NAME "* ]]
  run do_make vm-rehearse-a
  [ "$status" = 0 ]
  run do_make rehearse-b
  [ "$status" = 2 ]
}

@test "many at once: all are done, each in a run of its own" {
  only_include
  for name in a b c d; do
    write_small jobs/$name.yaml
    sed -i "s/\[a, b\]/[$name-1, $name-2]/" jobs/$name.yaml
  done
  run do_make -j8 -Otarget check run-a run-b run-c run-d
  [ "$status" = 0 ]
  [ "$(grep -c '2 ok of 2 targets' <<<"$output")" = 4 ]
  [ "$(azfan runs -q | wc -l)" = 4 ]
  nothing_is_left
}

@test "two interrupts of make are two of azfan: it stops what runs and reports" {
  only_include
  write_small jobs/a.yaml
  cat >interrupt.py <<'END'
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL) # whoever runs the tests may have it ignored
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
expected = [b"1/2", b"no new starts", b"stopping 1"]
while True:
    try:
        shown += os.read(terminal, 65536)
    except OSError:
        break
    if expected and expected[0] in shown:
        expected.pop(0)
        if expected:
            os.write(terminal, b"\x03")
print(shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
  run python3 interrupt.py make rehearse-a AZFAN_REHEARSE_FLAGS="--inject b=hang --progress plain"
  [[ $output == *"1 cancelled"*"Stopped by SIGINT."*"rehearse-a] Interrupt"*" -2" ]] || { echo "$output"; return 1; }
  nothing_is_left
}

@test "make finds it by its name where make install puts it" {
  make -s -C "$top" -n install DESTDIR="$place/root" PREFIX=/usr/local >"$place/plan"
  grep -qF "$place/root/usr/local/include/azfan.mk" "$place/plan"
  # What make looks through.
  make -p -f /dev/null 2>/dev/null | grep -a '^\.INCLUDE_DIRS' | grep -q /usr/local/include
}
