#!/usr/bin/env bats
# The formats of --report, each read by a program that knows nothing of azfan.

load helper

python=/usr/bin/python3 # Debian's: it has Debian's modules

setup() { setup_place; }

# hostile_run: nearly every outcome, retried targets, and output that nobody should trust.
hostile_run() {
  vms='vm-[1-9]' write_job "timeout: 2s" "script_timeout: 1s" "kill_grace: 300ms" "concurrency: 9" \
    "retry: {attempts: 2, delay: 10ms}" "runbook: docs/run|book.md"
  cat >"$place/script" <<'END'
case $AZFAN_TARGET in
vm-1) printf '=HYPERLINK("http://example.org","click")\n\ttab\r\nend' ;;
vm-2)
  printf '```\n````\n</code></pre></details><script>alert(1)</script> <img src=x onerror=alert(1)>\n'
  printf '@octocat #1 | a | b | https://example.org \033[31mred\007 \342\200\256rtl \001\377\n# head\n\n- item\n'
  printf -- '-1+1' >&2
  exit 7
  ;;
vm-3)
  printf ']]>&<b>"q", "p"\n"\n' >&2
  exit 1
  ;;
*) echo the same everywhere ;;
esac
END
  sed -i "s|inline: .*|file: script|" "$job"
  run "$azfan" rehearse "$job" --run-dir "$place/run" --execute --inject vm-4=busy \
    --inject vm-5=throttled:1 --inject vm-6=hang --inject vm-7=no_trailer
  [ "$status" = 5 ]
}

# halted_run: one fails, the others are not started.
halted_run() {
  vms='vm-[1-3]' write_job "max_failures: 0" "concurrency: 1"
  run "$azfan" rehearse "$job" --run-dir "$place/run" --inject vm-1=exit:1
  [ "$status" = 6 ]
}

# show SUFFIX: the run's report in that format, as $shown.
show() {
  shown=$place/shown.$1
  run "$azfan" report "$place/run" --report "$shown"
  [ "$status" = 0 ]
  [ "$output" = "Report:  $shown" ]
}

@test "the formats are those that help and the manual name" {
  sed -nE '/^\} formats\[\]/,/;/p' "$top/src/cli/reports.c" | grep -oE '"\.[a-z]+"' | tr -d '"' | sort >"$place/table"
  [ "$(wc -l <"$place/table")" -ge 5 ]
  "$azfan" help run | sed -n 's/.*write a report too: \(.*\); repeatable/\1/p' | tr -d ' ' | tr , '\n' | sort >"$place/help"
  diff "$place/table" "$place/help"
  sed -n '/^\.It Fl Fl report /,/^\.It Fl Fl output/p' "$top/man/azfan.1" | sed -n 's/^\.Pa \(\.[a-z]*\).*/\1/p' | sort >"$place/manual"
  diff "$place/table" "$place/manual"
  run "$azfan" report --report run.pdf
  [ "$status" = 2 ]
  while read -r suffix; do [[ $output == *"$suffix"* ]]; done <"$place/table"
}

@test "--format has the formats of --report, in help's and the manual's words and in completions" {
  suffixes=$("$azfan" help run | sed -n 's/.*write a report too: \(.*\); repeatable/\1/p' | tr -d '., ' )
  run "$azfan" report --format pdf
  [ "$status" = 2 ]
  words=$(sed -n 's/.*--format is \(.*\), not pdf/\1/p' <<<"$output" | sed 's/ or /, /')
  [ "$(tr -d ', ' <<<"$words")" = "$suffixes" ]
  list=$(tr -d , <<<"$words")
  grep -q "format:($list)" "$top/completions/_azfan"
  grep -q "'$list'" "$top/completions/azfan.bash"
  grep -q -- "-l format -x -a '$list'" "$top/completions/azfan.fish"
  grep -q "^\.It Fl Fl format Cm ${list// / | }\$" "$top/man/azfan.1"
}

# ---- where they go -------------------------------------------------------------------------------

# to WHAT...: azfan report of halted_run(), its standard output in $place/out, its standard error in $place/err.
to() {
  status=0
  "$azfan" report "$place/run" "$@" >"$place/out" 2>"$place/err" || status=$?
}

@test "a report goes to standard output, under each of its names, and to another descriptor" {
  halted_run
  "$azfan" report "$place/run" --report "$place/x.csv"
  for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    to --report "$name" --format csv
    [ "$status" = 0 ]
    diff "$place/x.csv" "$place/out"
    [ ! -s "$place/err" ]
    # It is written to what is open there: what was in the file before stays.
    echo before >"$place/all"
    "$azfan" report "$place/run" --report "$name" --format csv >>"$place/all"
    diff <(echo before; cat "$place/x.csv") "$place/all"
  done
  to --report /dev/fd/7 --format csv 7>"$place/seven"
  diff "$place/x.csv" "$place/seven"
  [ ! -s "$place/out" ]
  to --report /dev/stderr --format csv
  diff "$place/x.csv" "$place/err"
  "$azfan" report "$place/run" --format json | cat | jq -e '.counts.failed == 1'
  [ ! -e - ]
}

@test "a name without a suffix has the format that --format says, and others keep theirs" {
  halted_run
  to --report "$place/plain" --report "$place/x.json" --report - --format md
  [ "$status" = 0 ]
  diff "$place/plain" "$place/out"
  head -n 1 "$place/out" | grep -q '^# '
  jq -e .counts "$place/x.json"
  # Standard output is the report's alone; what was written is named all the same.
  [ "$(cat "$place/err")" = "$(printf 'Report:  %s\n' "$place/plain" "$place/x.json")" ]
  to --quiet --report "$place/plain" --format md
  [ ! -s "$place/out" ]
}

@test "what cannot be a report is told before anything is done" {
  write_job
  refused() {
    for command in "run $job --az /nowhere" "report $place/run"; do
      # shellcheck disable=SC2086
      run "$azfan" $command "${@:2}"
      [ "$status" = 2 ]
      [[ $output == *"$1"* ]] || { echo "$output"; return 1; }
    done
  }
  halted_run
  refused "--report .json is a suffix without a name: give it one, as in run.json" --report .json
  refused "is a suffix without a name" --report "$place/.html"
  refused "--report - needs its format: --format json, txt" --report -
  refused "cannot tell the format of --report plain: the name must end in one of .json" --report plain
  refused "--format json is for --report - and for names without a suffix" --report x.md --format json
  refused "--report /dev/fd/77: it is not open for writing" --report /dev/fd/77 --format json
  refused "it is not open for writing" --report /dev/fd/0 --format json </dev/null
  [ ! -e "$place/.html" ]
}

@test "of a run whose report goes to standard output people read on standard error, to its end" {
  write_job
  for command in "run --az $stub/az" rehearse; do
    rm -rf "$place/run"
    # shellcheck disable=SC2086
    "$azfan" $command "$job" --run-dir "$place/run" --report - --format json --report "$place/x.txt" >"$place/out" 2>"$place/err"
    diff "$place/out" "$place/run/report.json"
    grep -q '^\[3/3\] vm-' "$place/err"
    grep -q '^test: 3 ok of 3 targets' "$place/err"
    [ "$(tail -n 1 "$place/err")" = "Report:  $place/x.txt" ]
  done
}

@test "a full disk behind a report is told, and a reader that leaves is no failure" {
  halted_run
  run bash -c '"$@" >/dev/full' - "$azfan" report "$place/run" --format json
  [ "$status" = 1 ]
  [ "$output" = "azfan: cannot write --report -: No space left on device" ]
  run bash -c '"$@" | true; exit ${PIPESTATUS[0]}' - "$azfan" report "$place/run" --format html
  [ "$status" = 0 ]
  [ -z "$output" ]
}

# ---- JUnit ---------------------------------------------------------------------------------------

@test "a JUnit report is one by Jenkins' rules" {
  hostile_run
  show xml
  xmllint --noout --nonet --schema "$BATS_TEST_DIRNAME/junit.xsd" "$shown"
  rm -r "$place/run"
  halted_run
  show xml
  xmllint --noout --nonet --schema "$BATS_TEST_DIRNAME/junit.xsd" "$shown"
}

@test "and by an old schema of Jenkins' own, as far as that goes" {
  schema=$top/build/jenkins-junit.xsd
  [ -s "$schema" ] || skip "there is no build/jenkins-junit.xsd (test/cli/jenkins-schema fetches it)"
  hostile_run
  show xml
  sed -E -i '/<(flaky|rerun)Error /,/<\/(flaky|rerun)Error>/d' "$shown" # it knows no retries
  [ "$(grep -cE '<(flaky|rerun)' "$shown")" = 0 ]
  xmllint --noout --nonet --schema "$schema" "$shown"
}

@test "junitparser reads of every VM what report.json says" {
  hostile_run
  show xml
  "$python" - "$shown" "$report" <<'END'
import json, sys
from junitparser import JUnitXml, Failure, Error, Skipped

suite, = list(JUnitXml.fromfile(sys.argv[1]))
report = json.load(open(sys.argv[2]))
counts = report["counts"]
assert suite.name == "test" and suite.tests == 9 == len(list(suite))
assert suite.failures == counts["failed"] == 2
assert suite.errors == sum(counts[k] for k in ("timeout", "error", "unknown", "cancelled")) == 3
assert suite.skipped == counts["skipped"] == 0
for case, target in zip(suite, report["targets"]):
    kinds = {"ok": [], "failed": [Failure], "skipped": [Skipped]}.get(target["outcome"], [Error])
    assert case.name == target["name"] and case.classname == "test.rg", case
    assert [type(r) for r in case.result] == kinds, (target["name"], case.result)
    for verdict in case.result:
        assert verdict.type == "%s (%s)" % (target["outcome"], target["reason"])
        # Of a script that failed it says what that wrote last.
        why = "exit %s: " % target["exit_code"]
        assert verdict.message == target["message"] or (kinds == [Failure] and verdict.message.startswith(why))
    assert abs(case.time - target["duration_s"]) < 0.0006
    retried = [e.tag for e in case._elem if e.tag.startswith(("flaky", "rerun"))]
    passed = target["outcome"] == "ok"
    assert retried == ["flakyError" if passed else "rerunError"] * (len(target["attempts"]) - 1), retried
assert sum(len(t["attempts"]) > 1 for t in report["targets"]) == 2
END
}

@test "what a halt left out is skipped, and no test passes that was not ok" {
  halted_run
  show xml
  [ "$(xmllint --xpath 'string(//testsuite/@skipped)' "$shown")" = 2 ]
  [ "$(xmllint --xpath 'count(//testcase[skipped/@type = "skipped (halted)"])' "$shown")" = 2 ]
  [ "$(xmllint --xpath 'count(//testcase[not(*[name() = "skipped" or name() = "failure"])])' "$shown")" = 0 ]
  [[ $(xmllint --xpath 'string(//property[@name = "azfan.halt_cause"]/@value)' "$shown") == *"max_failures"* ]]
}

# ---- CSV -----------------------------------------------------------------------------------------

@test "Python's csv reads of every VM what report.json says" {
  hostile_run
  show csv
  "$python" - "$shown" "$report" <<'END'
import csv, json, re, sys

raw = open(sys.argv[1], "rb").read()
assert raw.endswith(b"\r\n") and not raw.startswith(b"\xef\xbb\xbf")
assert not [b for b in raw if b < 32 and b not in (9, 10, 13)]
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))
targets = json.load(open(sys.argv[2]))["targets"]
assert len(rows) == len(targets) == 9

def plain(text):
    """What azfan makes of text that goes to people."""
    out = ""
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    for i, c in enumerate(text):
        if c == "\r" and text[i + 1:i + 2] == "\n":
            continue
        if c in "\n\t" or (c >= " " and c != "\x7f" and c != "\u202e"):
            out += c
        else:
            out += "\\x%02x" % ord(c) if ord(c) < 256 else "\\u%04x" % ord(c)
    return out

def cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "%.3f" % value
    if isinstance(value, int):
        return str(value)
    return "'" * value.startswith(("=", "+", "-", "@", "\t", "\n")) + plain(value)

for row, target in zip(rows, targets):
    assert None not in row and None not in row.values()
    for key in row.keys() & target.keys() - {"attempts"}:
        assert row[key] == cell(target[key]), (target["name"], key, row[key], target[key])
    assert set(row) - set(target) == {"resource_group", "subscription", "started"}
    assert row["resource_group"] == "rg"
    assert int(row["attempts"]) == len(target["attempts"])
    assert row["started"] == (target["attempts"][0]["started"] if target["attempts"] else "")
    assert not row["stdout"].startswith("=") and not row["stderr"].startswith("-")
assert rows[0]["stdout"].startswith("'=HYPERLINK") and rows[1]["stderr"] == "'-1+1"
assert rows[1]["exit_code"] == "7" and rows[3]["exit_code"] == ""
END
}

# ---- Markdown ------------------------------------------------------------------------------------

# rendered: $shown as HTML by GitHub's own renderer, raw HTML left as it is, as $html.
rendered() {
  html=$place/shown.html
  cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tasklist "$shown" >"$html"
}

@test "Markdown renders to what report.json says, and nothing that a VM wrote is more than text" {
  hostile_run
  show md
  rendered
  "$python" - "$html" "$report" <<'END'
import html.parser, json, os, re, sys

class Reader(html.parser.HTMLParser):
    """All elements, and what stands in headings, cells, code, summaries and paragraphs."""
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts = [], set(), []
    def handle_starttag(self, tag, attributes):
        assert not [name for name, _ in attributes if name != "align"], (tag, attributes)
        self.tags.add(tag)
        self.open.append(tag)
        if tag in ("h1", "h2", "h3", "pre", "summary", "p", "li", "td"):
            self.texts.append([tag, ""])
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())
        if tag not in ("code", "li"):
            self.texts.append(["", ""])
    def handle_data(self, data):
        if self.texts:
            self.texts[-1][1] += data
    def all(self, tag):
        return [text.strip("\n") for kind, text in self.texts if kind == tag]

reader = Reader()
reader.feed(open(sys.argv[1], encoding="utf-8").read())
assert reader.open == []
assert reader.tags <= {"h1", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "p", "code", "pre",
                       "ul", "li", "details", "summary"}, reader.tags
report = json.load(open(sys.argv[2]))
targets, counts = report["targets"], report["counts"]

assert reader.all("h1") == ["❌ test: 5 of 9 not ok (a rehearsal)"], reader.all("h1")
assert reader.all("h2") == ["Not ok", "How to go on", "The run", "What the VMs wrote"]
assert reader.all("h3") == ["unknown (no_trailer): 1 target", "error (busy): 1 target",
                            "timeout (az): 1 target", "failed (exit): 2 targets"]
cells = reader.all("td")
assert dict(zip(cells[::2], map(int, cells[1::2]))) == {k: n for k, n in counts.items() if n}
for target in targets:
    if target["outcome"] != "ok":
        assert any(target["message"] in item for item in reader.all("li")), target["message"]
assert "Runbook: docs/run|book.md" in reader.all("p"), reader.all("p")
assert reader.all("pre")[0] == "azfan rerun " + os.path.dirname(sys.argv[2]), reader.all("pre")[0]

def plain(text):
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    text = text.replace("\r\n", "\n").replace("\u202e", "\\u202e").strip("\n")
    return "".join(c if c >= " " or c in "\n\t" else "\\x%02x" % ord(c) for c in text)

wrote = reader.all("pre")[1:]
for target in targets:
    if (target["outcome"], target["reason"]) == ("error", "busy"):
        continue  # the message has it already
    for stream in ("stdout", "stderr"):
        if target[stream]:
            assert plain(target[stream]) in wrote, (target["name"], stream, target[stream], wrote)
names = " ".join(reader.all("summary"))
assert all(word in names for word in ("vm-1", "vm-2", "vm-3", "vm-7", "vm-[5,8-9]")), names
END
}

@test "in Markdown a line each is a table that no line of a VM takes apart" {
  vms='vm-[1-5]' write_job
  cat >"$place/script" <<'END'
case $AZFAN_TARGET in
vm-1) echo '| a | b |' ;;
vm-2) echo '`|` <b>x</b> @you \' ;;
vm-3) echo 'a\|b' ;;
vm-4) echo 'expires in 12 days' ;;
*) ;;
esac
END
  sed -i "s|inline: .*|file: script|" "$job"
  run "$azfan" rehearse "$job" --run-dir "$place/run" --execute
  show md
  rendered
  [ "$(grep -c '<details>' "$html")" = 0 ]
  sed -n '/What the VMs wrote/,$p' "$html" | grep '^<td>' | diff - <(cat <<'END'
<td><code>vm-1</code></td>
<td><code>\x7c a \x7c b \x7c</code></td>
<td><code>vm-2</code></td>
<td><code>`\x7c` &lt;b&gt;x&lt;/b&gt; @you \</code></td>
<td><code>vm-3</code></td>
<td><code>a\\x7cb</code></td>
<td><code>vm-4</code></td>
<td><code>expires in 12 days</code></td>
<td><code>vm-5</code></td>
<td></td>
END
  )
}

@test "Markdown of thousands of hostile outputs stays below GitHub's 1 MiB, and whole" {
  "$top/test/bench/journal" "$place/run" 3000 4096
  sed -i 's/here is vm-/<\/code><\/details>\\n````\\n<script>@you|vm-/' "$place/run/journal.jsonl"
  show md
  [ "$(stat -c %s "$shown")" -le 1048576 ]
  [ "$(stat -c %s "$shown")" -ge 900000 ]
  grep -q '^[0-9]* more outputs: there is no room' "$shown"
  rendered
  [ "$(grep -c '<script' "$html")" = 0 ]
  [ "$(grep -c '&lt;script&gt;@you|vm-' "$html")" -ge 100 ]
  [ "$(grep -c '<details>' "$html")" = "$(grep -c '^</details>' "$html")" ]
}

@test "advice fits the cause, and a report of a past run gives the same" {
  vms='vm-[1-4]' write_job
  cat >"$place/az" <<END
#!/bin/sh
[ "\$1" = vm ] || exec "$stub/az" "\$@"
case "\$*" in
*/vm-[13]\ *) echo "ERROR: (ScopeLocked) The scope '/s' cannot perform write operation because following scope(s) are locked" ;;
*/vm-2\ *) echo "ERROR: (RequestDisallowedByPolicy) Resource 'vm-2' was disallowed by policy." ;;
*) echo "ERROR: (AuthorizationFailed) The client 'c' does not have authorization to perform action 'Microsoft.Compute/locations/operations/read'" ;;
esac >&2
exit 1
END
  chmod +x "$place/az"
  run "$azfan" run "$job" --az "$place/az" --run-dir "$place/run"
  [ "$status" = 5 ]
  [[ $(tr -s ' \n' ' ' <<<"$output") == *"What to do: vm-[1,3]: A read-only lock "*"What to do: vm-2: An Azure Policy "*"What to do: vm-4: The account may start scripts"* ]]
  grep '^  What to do: \|^    ' <<<"$output" >"$place/advice"
  run "$azfan" report "$place/run"
  diff "$place/advice" <(grep '^  What to do: \|^    ' <<<"$output")
  [ "$(jq -r 'select(.event == "end") | .target + " " + .cause' "$place/run/journal.jsonl" | sort | paste -sd,)" = \
    "vm-1 lock,vm-2 policy,vm-3 lock,vm-4 read_right" ]
  # Without the causes, as an older azfan wrote it, there is the reason's advice.
  sed -i 's/"cause":"[a-z_]*",//; s/"cause": *"[a-z_]*", *//' "$place/run/journal.jsonl"
  run "$azfan" report "$place/run"
  [ "$status" = 0 ]
  [[ $output == *"What to do: "*"runCommand/action"* ]]
  show xml
  show md
  show html
}
