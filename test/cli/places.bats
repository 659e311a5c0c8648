#!/usr/bin/env bats
# Where azfan's own files lie: nobody else gets at them, and what happens when they go.

load helper

setup() {
  setup_place
  export TMPDIR=$place/tmp
  mkdir -m 700 "$TMPDIR"
  paths=$place/paths # of the scripts that az was given; "gone" where there was none
  cat >"$place/az" <<EOF
#!/bin/bash
for word; do
  case \$word in @*) [ -s "\${word#@}" ] && echo "\${word#@}" || echo gone ;; esac
done >>"$paths"
exec "$stub/az" "\$@"
EOF
  chmod +x "$place/az"
}

be_root() { [ "$(id -u)" = 0 ] || skip "only root can give a folder away, or mount one"; }

run_here() { run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run" "$@"; }

# ---- where they lie ------------------------------------------------------------------------------

# scripts_were_in FOLDER: of all three VMs.
scripts_were_in() {
  [ "$(grep -c "^$1/azfan-" "$paths")" = 3 ] || { echo "not in $1: $(cat "$paths")"; return 1; }
}

@test "scripts lie in XDG_RUNTIME_DIR, if nobody else can write there; else in TMPDIR" {
  write_job
  run_here
  [ "$status" = 0 ]
  scripts_were_in "$XDG_RUNTIME_DIR"
  mkdir "$place/open"
  mkdir -m 700 "$place/open/own"
  chmod 777 "$place/open"
  chmod 770 "$XDG_RUNTIME_DIR"
  for bad in "$XDG_RUNTIME_DIR" "$place/open" "$place/open/own" "$place/none" relative; do
    rm -rf "$place/run" "$paths"
    XDG_RUNTIME_DIR=$bad run_here
    [ "$status" = 0 ] || { echo "$bad: $output"; return 1; }
    scripts_were_in "$TMPDIR"
  done
  nothing_is_left
}

@test "root's scripts do not lie where another user could exchange them" {
  be_root
  write_job
  theirs=$place/theirs
  mkdir -p "$theirs/in" "$theirs/sticky" "$place/own"
  ln -s "$place/own" "$place/link"
  chmod 700 "$theirs" "$theirs/in" "$place/own"
  chmod 1777 "$theirs/sticky"
  chown -h 12345:12345 "$theirs" "$place/link"
  for bad in "$theirs" "$theirs/in" "$theirs/sticky" "$place/link"; do
    rm -rf "$place/run" "$paths"
    XDG_RUNTIME_DIR=$bad run_here
    [ "$status" = 0 ] || { echo "$bad: $output"; return 1; }
    scripts_were_in "$TMPDIR"
  done
}

@test "no place for scripts: exit 1, and what to do" {
  be_root
  unshare -m true || skip "no file system can be mounted here"
  mkdir "$place/kit" # which is to be found where /tmp is another one
  cp "$azfan" "$place/kit/azfan"
  cp "$top/jobs/demo.yaml" "$place/kit"
  run unshare -m sh -c 'mount --bind "$1" /mnt && mount -t tmpfs -o mode=777 none /tmp && cd / && exec env TMPDIR=/nowhere XDG_RUNTIME_DIR=relative /mnt/azfan rehearse /mnt/demo.yaml' sh "$place/kit"
  [ "$status" = 1 ]
  [ "${#lines[@]}" = 1 ]
  [[ $output == *"name one in TMPDIR"*"/nowhere"*"others can write to /tmp (mode 0777)"* ]]
}

@test "a run folder that others could exchange is refused, wherever on its way, and nothing is started" {
  write_job
  mkdir "$place/open" "$place/group" "$place/sticky"
  chmod 777 "$place/open"
  chmod 775 "$place/group"
  chmod 1777 "$place/sticky"
  refused=("$place/open" "$place/open/a/b")
  if [ "$(id -u)" = 0 ]; then
    chgrp 12345 "$place/group"
    mkdir "$place/theirs" "$place/mine"
    ln -s mine "$place/link"
    chown -h 12345 "$place/theirs" "$place/link"
    refused+=("$place/group" "$place/theirs" "$place/link")
  fi
  for folder in "${refused[@]}"; do
    run "$azfan" run "$job" --az "$place/az" --run-dir "$folder/run"
    [ "$status" = 1 ] || { echo "$folder: $output"; return 1; }
    [ "${#lines[@]}" = 1 ]
    [[ $output == *"cannot use $folder/run: "* ]] || { echo "$output"; return 1; }
    XDG_STATE_HOME=$folder run "$azfan" run "$job" --az "$place/az"
    [ "$status" = 1 ] || { echo "$folder: $output"; return 1; }
  done
  cd "$place/open"
  run "$azfan" run "$job" --az "$place/az" --run-dir run
  [ "$status" = 1 ]
  [ ! -e "$paths" ]
  [ -z "$(find "$place/open" "$place/group" -mindepth 1)" ]
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/sticky/a/run"
  [ "$status" = 0 ] || { echo "$output"; return 1; }
  nothing_is_left
}
