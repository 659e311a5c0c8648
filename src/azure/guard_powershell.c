/* SPDX-License-Identifier: MIT */
/*
 * The guard for Windows PowerShell 5.1, which runs as SYSTEM.
 *
 * The script travels in base64: no quoting can break it, and how the extension
 * stores a file that is not ASCII is nowhere documented. For the same reason
 * a parameter's characters beyond ASCII are written as [char]0x…; that also
 * disarms the typographic quotes U+2018 to U+201B, which PowerShell takes for
 * apostrophes (about_Quoting_Rules). The script runs in a process of its own,
 * because `exit` in it would end the guard, and because it may have to be stopped.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "azure/guard_shell.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

/*
 * What is sent is kept small, for a parameter or a script may need the room: it is explained here,
 * not there, and what indents it is taken away. It calls .NET where a cmdlet would load a module,
 * which takes half a second: only what is rare may do that.
 */

/* In its constrained language PowerShell calls no method, but it can do this. */
static const char if_constrained[] =
    "if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {\n";

/* One of azfan:NONCE's lines; azfan looks for the last one. A script that was not started may be
 * started by the next guard. */
static const char functions[] =
    "function Clock { [Diagnostics.Stopwatch]::GetTimestamp() / "
    "[Diagnostics.Stopwatch]::Frequency "
    "}\n"
    "$began = Clock\n"
    "function Report($end, $status) {\n"
    " if ($end -eq 'broken' -and $marked) { try { [IO.Directory]::Delete($mark) } catch { } }\n"
    " [Console]::Out.Write(\"`nazfan:$azfan_nonce end=$end status=$status "
    "seconds=$([Math]::Floor((Clock) - $began))`n\")\n"
    "}\n"
    "function Tidy {\n"
    " foreach ($file in $files + $readers) { $file.Dispose() }\n"
    " try { [IO.Directory]::Delete($folder, $true) } catch {\n"
    "  Remove-Item -Recurse -Force $folder -EA 0\n"
    " }\n"
    "}\n";

/*
 * The runner. The script is started as powershell.exe -File starts it: by the engine, in the global
 * scope, with no script around it, so that names, scopes, messages and $MyInvocation are those of
 * plain Run Command. Neither & nor . does that, and `try` around either would make every error that
 * only ends a statement end the script. The names of its own variables begin with a dash, as no
 * parameter's do.
 */
static const char runner_head[] =
    "try { & {\n"
    "try { [Console]::OutputEncoding = [Text.UTF8Encoding]::new() } catch { }\n"
    "$given = @{}\n";

/*
 * What the script declares goes to param(), the rest become variables. ${-last} is set by a
 * line at the script's end: did its last statement succeed? It stays unset after exit and return. A
 * cmdlet that failed leaves an error, and a native program leaves none: that tells the status of an
 * earlier program from that of the last statement.
 */
static const char runner_tail[] =
    "foreach ($name in @($given.Keys)) {\n"
    " if (${-declared} -notcontains $name) {\n"
    "  $ExecutionContext.SessionState.PSVariable.Set(\"global:$name\", $given[$name])\n"
    "  $given.Remove($name)\n"
    " } elseif (${-flags} -contains $name -and $given[$name] -match '^\\$?(true|false)\\z') {\n"
    "  $given[$name] = $given[$name] -match 'true'\n"
    " }\n"
    "}\n"
    "${global:-call} = [PowerShell]::Create('CurrentRunspace')\n"
    "[void]${-call}.AddCommand([IO.Path]::Combine($PSScriptRoot, 'script.ps1'), $false)\n"
    "[void]${-call}.AddParameters($given)\n";

static const char runner_invoke[] =
    "${-call}.Commands.Commands[0].MergeMyResults('Error', 'Output')\n"
    "[void]${-call}.AddCommand('Out-Default')\n";

/*
 * When its time is over the script is stopped as by Ctrl+C, which lets it clean up: by a thread
 * that runs no script of its own, for the engine does one thing at a time.
 */
static const char runner_timer[] =
    "${global:-timer} = [Threading.CancellationTokenSource]::new()\n"
    "[void]${-timer}.Token.Register([Delegate]::CreateDelegate([Action], ${-call}, 'Stop'))\n"
    "${-timer}.CancelAfter([int][Math]::Max(1, 1000 * (${-until} -\n"
    "  [Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency)))\n";

static const char runner_run[] =
    "}\n"
    "[IO.File]::Delete($PSCommandPath)\n"
    "} catch {\n"
    " [Console]::Error.WriteLine($_.Exception.GetBaseException().Message)\n"
    " exit 1\n"
    "}\n"
    "${-last} = ${-why} = $null\n"
    "try { [void]${-call}.Invoke() } catch { ${-why} = $_ }\n"
    "Set-StrictMode -Off\n";

/*
 * Who is stopped waits for the guard, which stops all that the script has started.
 */
static const char runner_stopped[] =
    "if (${-timer}.IsCancellationRequested -and ${-call}.InvocationStateInfo.State -eq 'Stopped') "
    "{\n"
    " [void][IO.Directory]::CreateDirectory(\"$PSScriptRoot/stopped\")\n"
    " [Threading.Thread]::Sleep(-1)\n"
    "}\n";

static const char runner_end[] =
    "if (${-why}) {\n"
    " ${-why} = (${-call}.InvocationStateInfo.Reason, ${-why}.Exception.GetBaseException() -ne "
    "$null)[0]\n"
    " if (${-why}.ErrorRecord) { ${-why} = ${-why}.ErrorRecord }\n"
    " ${-why} = (${-why} | Out-String).Trim()\n"
    " if (${-why}) { [Console]::Error.WriteLine(${-why}) }\n"
    " exit 1\n"
    "}\n"
    "${-status} = [int]$global:LASTEXITCODE\n"
    "if (${-last} -or ($null -eq ${-last} -and ${-returns})) { exit 0 }\n"
    "if ($null -eq ${-last}) { exit ${-status} }\n"
    "if (${-status} -eq 0 -or ($Error.Count -gt 0 -and\n"
    "  $Error[0].InvocationInfo.ScriptLineNumber -ge ${-line})) { exit 1 }\n"
    "exit ${-status}\n";

/*
 * The files have a byte order mark, without which 5.1 reads them as ANSI. The line at the script's
 * end stands before a signature, after which no statement may be.
 */
static const char unpack[] =
    "$folder = \"$([IO.Path]::GetTempPath())azfan-$azfan_nonce\"\n"
    "$files, $readers = @(), @()\n"
    "try {\n"
    " [void][IO.Directory]::CreateDirectory($folder)\n"
    " $utf8 = [Text.Encoding]::UTF8\n"
    " $text = $utf8.GetString([Convert]::FromBase64String($script))\n"
    " $declared, $flags, $line, $wrong = @(), @(), 0, $null\n"
    " $tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$null, [ref]$wrong)\n"
    " if (-not $wrong) {\n"
    "  foreach ($item in $tree.ParamBlock.Parameters) {\n"
    "   $alias = $item.Attributes.Where({ $_.TypeName.Name -eq 'Alias' })\n"
    "   $names = @($alias.PositionalArguments.Value) + $item.Name.VariablePath.UserPath "
    "-match '^\\w+$'\n"
    "   $declared += $names\n"
    "   if ($item.StaticType -in [switch], [bool]) { $flags += $names }\n"
    "  }\n"
    "  $body = $tree.EndBlock\n"
    "  $returns = -not $body -or ($text -match 'return' -and\n"
    "   $tree.Find({ $args[0].GetType().Name -like 'Return*' }, $false))\n"
    "  if ($text -match 'exit' -and\n"
    "   $tree.Find({ $args[0].GetType().Name -like 'Exit*' }, $true)) { $returns = $false }\n"
    "  if ($body.Statements.Count) {\n"
    "   $line = $body.Statements[-1].Extent.StartLineNumber\n"
    "   $at = ($text -split '(?m)^# SIG # Begin signature block')[0].Length\n"
    "   if (-not $body.Unnamed) { $at = $body.Extent.EndOffset - 1 }\n"
    "   $text = $text.Insert($at, \"`n`n`${global:-last} = `$?`n\")\n"
    "  }\n"
    " }\n"
    " [IO.File]::WriteAllText(\"$folder/script.ps1\", $text, $utf8)\n";

/*
 * As in guard_sh.c: Azure may have started a script though it refused it, and with this mark it
 * starts only once. But no boot removes the marks, so each guard takes away the old ones;
 * Directory.Delete() deletes only what is empty, and a link as itself. CreateDirectory() does not
 * say whether it was there before, and Move() does: of two guards at once one moves it, whoever has
 * made it. Between the two stands the mark's name.
 */
static const char once_head[] =
    " $place = ($env:ProgramData, [IO.Path]::GetTempPath() -ne $null)[0]\n"
    " $mark = \"$place/azfan-once-";

static const char once_tail[] =
    "\"\n"
    " try {\n"
    "  [void][IO.Directory]::CreateDirectory(\"$mark.new\")\n"
    "  [IO.Directory]::Move(\"$mark.new\", $mark)\n"
    "  $marked = $true\n"
    "  foreach ($old in ([IO.DirectoryInfo]$place).GetDirectories('azfan-once-*')) {\n"
    "   if ($old.LastWriteTime -lt [DateTime]::Now.AddDays(-7)) { try { $old.Delete() } catch { } "
    "}\n"
    "  }\n"
    " } catch {\n"
    "  try { [IO.Directory]::Delete(\"$mark.new\") } catch { }\n"
    "  if (-not $marked -and [IO.Directory]::Exists($mark) -and\n"
    "    [IO.File]::GetAttributes($mark) -notmatch 'ReparsePoint') {\n"
    "   Tidy\n"
    "   Report again 1\n"
    "   exit 0\n"
    "  }\n"
    " }\n";

/* The files are written without a buffer, to be read at once. They are open for reading from the
 * beginning: a script may remove its own folder. Without a window the script's console is its own,
 * and so is the encoding of that. */
static const char start[] =
    " $runner = \"`${-declared}, `${-flags} = '$declared'.Split(' '), '$flags'.Split(' ')`n\" +\n"
    "  \"`${-line}, `${-returns}, `${-until} = $line, `$$([bool]$returns), $until`n$runner\"\n"
    " [IO.File]::WriteAllText(\"$folder/runner.ps1\", $runner, $utf8)\n"
    " foreach ($name in 'output', 'errors') {\n"
    "  $files += [IO.FileStream]::new(\"$folder/$name\", 'Create', 'Write', 'ReadWrite', 1)\n"
    "  $readers += [IO.File]::Open(\"$folder/$name\", 'Open', 'Read', 'ReadWrite')\n"
    " }\n"
    " $info = [Diagnostics.ProcessStartInfo]'powershell.exe'\n"
    " $info.Arguments =\n"
    "  \"-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `\"$folder/runner.ps1`\"\"\n"
    " $info.UseShellExecute = $false\n"
    " $info.CreateNoWindow = $true\n"
    " foreach ($name in 'Input', 'Output', 'Error') { $info.\"RedirectStandard$name\" = $true }\n"
    " $child = [Diagnostics.Process]::Start($info)\n"
    "} catch {\n"
    " [Console]::Error.WriteLine($_.Exception.GetBaseException().Message)\n"
    " Tidy\n";

static const char broken[] =
    " Report broken 1\n"
    " exit 0\n"
    "}\n"
    "$child.StandardInput.Close()\n"
    "[Threading.Tasks.Task[]]$copies = $child.StandardOutput.BaseStream.CopyToAsync($files[0]),\n"
    " $child.StandardError.BaseStream.CopyToAsync($files[1])\n"
    "$end = 'exit'\n";

/* Until the script has ended in good order, or has had the time for it; often it does not. */
static const char wait_grace[] =
    " while (-not $child.WaitForExit(100) -and (Clock) -lt $until -and\n"
    "  -not [IO.Directory]::Exists(\"$folder/stopped\")) { }\n";

/*
 * A background process may keep a stream open for ever: what it prints later is not waited for.
 * Where the runner has not removed itself the script was not started: a policy may forbid
 * PowerShell to load it.
 */
static const char stop[] =
    " taskkill.exe /T /F /PID $child.Id >$null 2>&1\n"
    " if (-not $child.WaitForExit(5000)) { try { $child.Kill() } catch { } }\n"
    "} elseif ([IO.File]::Exists(\"$folder/runner.ps1\")) {\n"
    " $end = 'broken'\n";

static const char finish[] =
    "}\n"
    "$status = if ($child.HasExited) { $child.ExitCode } else { 1 }\n"
    "try {\n"
    " foreach ($try in 1..5) {\n"
    "  $size = $files[0].Length + $files[1].Length\n"
    "  if ([Threading.Tasks.Task]::WaitAll($copies, 1000) -or\n"
    "   $files[0].Length + $files[1].Length -eq $size) { break }\n"
    " }\n"
    "} catch { [Console]::Error.WriteLine(\"azfan: cannot keep the script's output: $_\") }\n"
    "try {\n";

/* guard_powershell_write_output() stands between. */
static const char leave[] =
    "} catch { [Console]::Error.WriteLine(\"azfan: cannot read the script's output: $_\") }\n"
    "Tidy\n"
    "Report $end $status\n"
    "exit 0\n";

/* One UTF-16 unit between two pieces of a quoted string. */
static void add_unit(struct buffer *buffer, uint32_t unit)
{
    buffer_print(buffer, "' + [char]0x%04" PRIX32 " + '", unit);
}

void guard_powershell_quote(struct buffer *buffer, const char *value)
{
    size_t length = strlen(value);
    size_t size;

    for (size_t at = 0; at < length; at += size) {
        uint32_t character = 0;

        size = text_read_character(value + at, length - at, &character);
        if (size == 0) { /* no text: as it is */
            size = 1;
            character = (unsigned char)value[at];
        }
        if (character == '\'')
            buffer_add(buffer, "''");
        else if (character < 0x80 && character != '\r') /* line ends may be changed on the way */
            buffer_add_char(buffer, (char)character);
        else if (character < 0x10000)
            add_unit(buffer, character);
        else {
            add_unit(buffer, 0xd800 + ((character - 0x10000) >> 10));
            add_unit(buffer, 0xdc00 + ((character - 0x10000) & 0x3ff));
        }
    }
}

void guard_powershell_assign(struct buffer *buffer, const char *name, const char *value)
{
    buffer_print(buffer, "$given['%s'] = '", name);
    guard_powershell_quote(buffer, value);
    buffer_add(buffer, "'\n");
}

void guard_powershell_pass(struct buffer *buffer, const char *value)
{
    buffer_add(buffer, "[void]${-call}.AddArgument('");
    guard_powershell_quote(buffer, value);
    buffer_add(buffer, "')\n");
}

/* Takes away what indents the lines after FROM, which are the guard's own. */
static void unindent(struct buffer *buffer, size_t from)
{
    size_t to = from;

    for (size_t at = from; at < buffer->length; at++) {
        if (buffer->data[at] != ' ' || (to > 0 && buffer->data[to - 1] != '\n'))
            buffer->data[to++] = buffer->data[at];
    }
    buffer->length = to;
    buffer->data[to] = '\0';
}

static void add(struct buffer *buffer, const char *text)
{
    size_t from = buffer->length;

    buffer_add(buffer, text);
    unindent(buffer, from);
}

static void write_script(struct buffer *buffer, const struct guard *guard)
{
    buffer_add(buffer, "$script = '\n");
    guard_add_base64(buffer, guard->job->script, guard->job->script_length);
    buffer_add(buffer, "'\n");
}

/*
 * What puts the files into the script's folder: Expand takes as many bytes of the stream as the
 * file has.
 */
static const char expand[] =
    "'\n"
    " $packed = [IO.Compression.GZipStream]::new(\n"
    "  [IO.MemoryStream]::new([Convert]::FromBase64String($packed)),\n"
    "  [IO.Compression.CompressionMode]::Decompress)\n"
    " $unpacked, $at = [IO.MemoryStream]::new(), 0\n"
    " $packed.CopyTo($unpacked)\n"
    " $unpacked = $unpacked.ToArray()\n"
    " function Expand($path, $size) {\n"
    "  $path = \"$folder/$path\"\n"
    "  [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path))\n"
    "  $file = [IO.File]::Open($path, 'Create', 'Write')\n"
    "  $file.Write($unpacked, $script:at, $size)\n"
    "  $file.Dispose()\n"
    "  $script:at += $size\n"
    " }\n";

static void write_files(struct buffer *buffer, const struct job_files *files)
{
    if (files->count == 0)
        return;
    buffer_add(buffer, "$packed = '\n");
    guard_add_base64(buffer, files->packed, files->packed_length);
    add(buffer, expand);
    for (size_t i = 0; i < files->count; i++) {
        buffer_add(buffer, "Expand ('");
        guard_powershell_quote(buffer, files->list[i].name);
        buffer_print(buffer, "') %zu\n", files->list[i].length);
    }
}

/* The script's $AZFAN_FILES, a list. */
static void write_file_names(struct buffer *buffer, const struct job_files *files)
{
    if (files->count == 0)
        return;
    buffer_add(buffer, "$given['AZFAN_FILES'] = @($PSScriptRoot");
    for (size_t i = 0; i < files->count; i++) {
        buffer_add(buffer, ", ('");
        guard_powershell_quote(buffer, files->list[i].name);
        buffer_add(buffer, "')");
    }
    buffer_add(buffer, ")\n");
}

static void write_runner(struct buffer *buffer, const struct guard *guard)
{
    buffer_print(buffer, "$runner = @'\n%sexit %d\n}\n", if_constrained, GUARD_CONSTRAINED);
    add(buffer, runner_head);
    guard_write_parameters(buffer, guard, guard_powershell_assign);
    write_file_names(buffer, &guard->job->files);
    add(buffer, runner_tail);
    guard_write_arguments(buffer, guard, guard_powershell_pass);
    add(buffer, runner_invoke);
    if (guard->job->script_grace > 0)
        add(buffer, runner_timer);
    add(buffer, runner_run);
    if (guard->job->script_grace > 0)
        add(buffer, runner_stopped);
    add(buffer, runner_end);
    buffer_add(buffer, "'@\n");
}

/* WaitForExit() takes 32 bits of milliseconds. */
static int64_t milliseconds(int64_t duration)
{
    int64_t value = (duration + NUMBER_MILLISECOND - 1) / NUMBER_MILLISECOND;

    return value < 1 ? 1 : value > INT32_MAX ? INT32_MAX : value;
}

static void print_seconds(struct buffer *buffer, const char *before, int64_t duration)
{
    int64_t value = milliseconds(duration);

    buffer_print(buffer, "%s%" PRId64 ".%03d\n", before, value / 1000, (int)(value % 1000));
}

void guard_powershell_write(struct buffer *buffer, const struct guard *guard)
{
    int64_t grace = guard->job->script_grace;
    size_t from;

    buffer_add(buffer, "# azfan's guard: runs the script below, stops it after ");
    number_print_exact_duration(buffer, guard->job->script_timeout);
    buffer_print(buffer, ", and says how it ended.\n%s%s'\n", GUARD_POWERSHELL_NONCE, guard->nonce);
    buffer_print(buffer, "%s\"azfan:$azfan_nonce end=broken status=%d seconds=0\"\nexit 0\n}\n",
                 if_constrained, GUARD_CONSTRAINED);
    add(buffer, functions);
    write_runner(buffer, guard);
    write_script(buffer, guard);
    add(buffer, unpack);
    write_files(buffer, &guard->job->files);
    if (guard->once != NULL) {
        add(buffer, once_head);
        buffer_add(buffer, guard->once);
        add(buffer, once_tail);
    }
    print_seconds(buffer, "$until = (Clock) + ", guard->job->script_timeout);
    add(buffer, start);
    add(buffer, broken);
    buffer_print(buffer,
                 "if (-not $child.WaitForExit(%" PRId64 ") -or (Clock) -ge $until) {\n"
                 "$end = 'timeout'\n",
                 milliseconds(guard->job->script_timeout));
    if (grace > 0) {
        print_seconds(buffer, "$until += ", grace);
        add(buffer, wait_grace);
    }
    add(buffer, stop);
    add(buffer, finish);
    from = buffer->length;
    guard_powershell_write_output(buffer, guard);
    unindent(buffer, from);
    add(buffer, leave);
}
