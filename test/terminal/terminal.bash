# SPDX-License-Identifier: MIT
#
# A real terminal for tests of the live view: a shell in tmux, which is typed into and looked at.

load ../cli/helper

# open_terminal COLUMNS ROWS: a shell with azfan's environment; its bytes are recorded in $raw.
open_terminal() {
  command -v tmux >/dev/null || skip "tmux is not installed"
  raw=$place/raw
  socket=$place/tmux
  cat >"$place/shellrc" <<EOF
PS1='ready\$ '
HISTFILE=
bind 'set enable-bracketed-paste off'
export XDG_STATE_HOME='$XDG_STATE_HOME' XDG_RUNTIME_DIR='$XDG_RUNTIME_DIR' HOME='$HOME' LC_ALL=C.UTF-8
unset NO_COLOR AZFAN_AZ
azfan='$azfan' stub='$stub' place='$place' job='$job'
cd '$place'
EOF
  # Not in its own environment: what azfan leaves behind is found by that.
  env -u XDG_RUNTIME_DIR tmux -S "$socket" -f /dev/null new-session -d -x "$1" -y "$2" "bash --noprofile --rcfile '$place/shellrc' -i" 3>&-
  tmux -S "$socket" set-option -g history-limit 5000 \; pipe-pane -O "cat >>'$raw'"
  until_screen '^ready\$ *$'
}

close_terminal() {
  if [ -n "${socket-}" ]; then
    tmux -S "$socket" kill-server 2>/dev/null || true
  fi
}

# type TEXT: as if typed, with Enter. keys KEY...: as tmux names them.
type() {
  tmux -S "$socket" send-keys -l "$1"
  keys Enter
}
keys() { tmux -S "$socket" send-keys "$@"; }

# resize COLUMNS ROWS
resize() { tmux -S "$socket" resize-window -x "$1" -y "$2"; }

# What stands on the screen; and with all that has scrolled away.
screen() { tmux -S "$socket" capture-pane -p; }
everything() { tmux -S "$socket" capture-pane -p -S -; }

on_screen() { screen | grep -qE -- "$1"; }
off_screen() { ! on_screen "$1"; }

# until_screen PATTERN: until a line of the screen matches.
until_screen() {
  wait_for on_screen "$1" || { screen; return 1; }
}

# ended: the shell is back; its words for how the command ended are "[STATUS]".
ended() { on_screen '^\[[0-9]+\]$'; }
until_ended() { wait_for ended || { screen; return 1; }; }

# run_in_terminal WORDS...: azfan run with the stub az; the status is printed behind it.
run_in_terminal() { type "$1 \$azfan run \$job --yes --az \$stub/az --run-dir \$place/run $2; echo \"[\$?]\""; }

# residue: how many lines of the display stand anywhere on the terminal.
residue() {
  everything | grep -cE '(^|[─━#-] )[0-9]+ of [0-9]+  |^([0-9]+ [a-z]+  )*[0-9]+ running( |$)|^  vm-[0-9]+ +[0-9hms]+ of [0-9hms]+( \(script_timeout\))?$|^test  .*Ctrl-C' || true
}

# The terminal's modes, as a line of the recording; `settings N` is the Nth last one.
show_settings() {
  type 'echo; echo "settings: $(stty -a | tr "\n" " ")"'
  until_screen '^settings: '
}
settings() { grep -a "^settings: " "$raw" | tail -n "$1" | head -n 1; }
