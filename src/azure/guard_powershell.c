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

enum { LINE = 96 };

/*
 * The runner. The script is started as powershell.exe -File starts it: by the engine, in the global
 * scope, with no script around it, so that names, scopes, messages and $MyInvocation are those of
 * plain Run Command. Neither & nor . does that, and `try` around either would make every error that
 * only ends a statement end the script. No parameter can have the names of its variables.
 */
static const char runner_head[] =
    "try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch { }\n"
    "${azfan-given} = @{}\n";

/*
 * What the script declares goes to param(), the rest become variables. ${azfan-last} is set by a
 * line at the script's end: did its last statement succeed? It stays unset after exit and return. A
 * cmdlet that failed leaves an error, and a native program leaves none: that tells the status of an
 * earlier program from that of the last statement.
 */
static const char runner_tail[] =
    "${azfan-script} = Join-Path $PSScriptRoot 'script.ps1'\n"
    "foreach (${azfan-name} in @(${azfan-given}.Keys)) {\n"
    "    if (${azfan-declared} -notcontains ${azfan-name}) {\n"
    "        Set-Variable ${azfan-name} ${azfan-given}[${azfan-name}]\n"
    "        ${azfan-given}.Remove(${azfan-name})\n"
    "    } elseif (${azfan-flags} -contains ${azfan-name}) {\n"
    "        ${azfan-flag} = ${azfan-given}[${azfan-name}]\n"
    "        if (${azfan-flag} -in 'true', '$true') {\n"
    "            ${azfan-given}[${azfan-name}] = $true\n"
    "        } elseif (${azfan-flag} -in 'false', '$false') {\n"
    "            ${azfan-given}[${azfan-name}] = $false\n"
    "        }\n"
    "    }\n"
    "}\n"
    "${azfan-last} = $null\n"
    "${azfan-call} = [PowerShell]::Create([Management.Automation.RunspaceMode]::CurrentRunspace)\n"
    "[void]${azfan-call}.AddCommand(${azfan-script}, $false).AddParameters(${azfan-given})\n"
    "${azfan-call}.Commands.Commands[0].MergeMyResults('Error', 'Output')\n"
    "[void]${azfan-call}.AddCommand('Out-Default')\n"
    "Remove-Variable azfan-given, azfan-name, azfan-declared, azfan-flags\n"
    "try { [void]${azfan-call}.Invoke() } catch {\n"
    "    Set-StrictMode -Off\n"
    "    ${azfan-error} = ${azfan-call}.InvocationStateInfo.Reason\n"
    "    if (-not ${azfan-error}) { ${azfan-error} = $_.Exception.GetBaseException() }\n"
    "    if (${azfan-error}.ErrorRecord) { ${azfan-error} = ${azfan-error}.ErrorRecord }\n"
    "    ${azfan-error} = (${azfan-error} | Out-String).Trim()\n"
    "    if (${azfan-error}) { [Console]::Error.WriteLine(${azfan-error}) }\n"
    "    exit 1\n"
    "}\n"
    "Set-StrictMode -Off\n"
    "${azfan-status} = 0\n"
    "if (Test-Path variable:global:LASTEXITCODE) { ${azfan-status} = [int]$global:LASTEXITCODE }\n"
    "if (${azfan-last} -or ($null -eq ${azfan-last} -and ${azfan-returns})) { exit 0 }\n"
    "if ($null -eq ${azfan-last}) { exit ${azfan-status} }\n"
    "if (${azfan-status} -eq 0 -or ($Error.Count -gt 0 -and\n"
    "        $Error[0].InvocationInfo.ScriptLineNumber -ge ${azfan-line})) { exit 1 }\n"
    "exit ${azfan-status}\n";

static const char functions[] =
    "$began = [Diagnostics.Stopwatch]::StartNew()\n"
    "\n"
    "# The last line, which azfan looks for.\n"
    "function Write-Report($end, $status) {\n"
    "    [Console]::Out.Write((\"`nazfan:{0} end={1} status={2} seconds={3}`n\" -f `\n"
    "        $azfan_nonce, $end, $status, [int][Math]::Floor($began.Elapsed.TotalSeconds)))\n"
    "}\n"
    "\n"
    "# The end of a file that is still open; Azure keeps 4,096 bytes.\n"
    "function Read-Tail($path) {\n"
    "    $stream = New-Object IO.FileStream $path, 'Open', 'Read', 'ReadWrite'\n"
    "    [void]$stream.Seek(-[Math]::Min($stream.Length, 65536), 'End')\n"
    "    (New-Object IO.StreamReader $stream).ReadToEnd()\n"
    "    $stream.Dispose()\n"
    "}\n"
    "\n"
    "# Without a buffer, to be read at once.\n"
    "function New-Stream($name) {\n"
    "    New-Object IO.FileStream (Join-Path $folder $name), 'Create', 'Write', 'ReadWrite', 1\n"
    "}\n"
    "\n";

static const char unpack[] =
    "$folder = Join-Path ([IO.Path]::GetTempPath()) \"azfan-$azfan_nonce\"\n"
    "try {\n"
    "    [void](New-Item -ItemType Directory -Path $folder -ErrorAction Stop)\n"
    "    $utf8 = [Text.Encoding]::UTF8 # writes a byte order mark, without which 5.1 reads ANSI\n"
    "    $text = $utf8.GetString([Convert]::FromBase64String($script))\n"
    "    $declared, $flags, $line, $returns = @(), @(), 0, $false\n"
    "    $wrong = $null\n"
    "    $tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$null, "
    "[ref]$wrong)\n"
    "    if (-not $wrong) {\n"
    "        foreach ($parameter in $(if ($tree.ParamBlock) { $tree.ParamBlock.Parameters })) {\n"
    "            $names = @($parameter.Attributes | Where-Object { $_.TypeName.Name -eq 'Alias' } "
    "|\n"
    "                ForEach-Object { $_.PositionalArguments } | ForEach-Object { $_.Value })\n"
    "            $names = $names + $parameter.Name.VariablePath.UserPath -match '^\\w+$'\n"
    "            $declared += $names\n"
    "            if ($parameter.StaticType -in [switch], [bool]) { $flags += $names }\n"
    "        }\n"
    "        $body = $tree.EndBlock\n"
    "        $exits = $tree.Find(\n"
    "            { $args[0].GetType().Name -eq 'ExitStatementAst' }, $true)\n"
    "        $returns = -not $exits -and (-not $body -or $tree.Find(\n"
    "            { $args[0].GetType().Name -eq 'ReturnStatementAst' }, $false))\n"
    "        if ($body -and $body.Statements.Count) {\n"
    "            $line = $body.Statements[-1].Extent.StartLineNumber\n"
    "            $at = $text.Length # no statement may stand behind a signature\n"
    "            $signed = [regex]::Match($text, '(?m)^# SIG # Begin signature block\\r?$')\n"
    "            if ($signed.Success) { $at = $signed.Index }\n"
    "            if (-not $body.Unnamed) { $at = $body.Extent.EndOffset - 1 }\n"
    "            $text = $text.Insert($at, \"`n`n`${global:azfan-last} = `$?`n\")\n"
    "        }\n"
    "    }\n"
    "    $runner = \"`${azfan-declared} = @('$($declared -join \"','\")')`n\" +\n"
    "        \"`${azfan-flags} = @('$($flags -join \"','\")')`n\" +\n"
    "        \"`${azfan-line}, `${azfan-returns} = $line, `$$([bool]$returns)`n\" + $runner\n"
    "    [IO.File]::WriteAllText((Join-Path $folder 'script.ps1'), $text, $utf8)\n"
    "    [IO.File]::WriteAllText((Join-Path $folder 'runner.ps1'), $runner, $utf8)\n";

/*
 * As in guard_sh.c, but no boot removes the marks, so each guard takes away the
 * old ones; Directory.Delete() deletes only what is empty, and a link as itself.
 * Between the two stands the mark's name.
 */
static const char once_head[] =
    "    # Azure may have started a script though it refused it: with this mark it starts only "
    "once.\n"
    "    $place = if ($env:ProgramData) { $env:ProgramData } else { [IO.Path]::GetTempPath() }\n"
    "    $mark = Join-Path $place 'azfan-once-";

static const char once_tail[] =
    "'\n"
    "    $marked = New-Item -ItemType Directory -Path $mark -ErrorAction SilentlyContinue\n"
    "    if (-not $marked -and (Test-Path -PathType Container $mark)) {\n"
    "        Remove-Item -Recurse -Force $folder -ErrorAction SilentlyContinue\n"
    "        Write-Report again 1\n"
    "        exit 0\n"
    "    }\n"
    "    Get-ChildItem $place -Directory -Filter 'azfan-once-*' -ErrorAction SilentlyContinue |\n"
    "        Where-Object { $_.LastWriteTime -lt (Get-Date).AddDays(-7) } |\n"
    "        ForEach-Object { try { [IO.Directory]::Delete($_.FullName) } catch { } }\n";

static const char start[] =
    "    $info = New-Object Diagnostics.ProcessStartInfo 'powershell.exe'\n"
    "    $info.Arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"' +\n"
    "        (Join-Path $folder 'runner.ps1') + '\"'\n"
    "    $info.UseShellExecute = $false\n"
    "    $info.CreateNoWindow = $true # its console's encoding is its own\n"
    "    $info.RedirectStandardInput = $true\n"
    "    $info.RedirectStandardOutput = $true\n"
    "    $info.RedirectStandardError = $true\n"
    "    $files = (New-Stream 'output'), (New-Stream 'errors')\n"
    "    $process = [Diagnostics.Process]::Start($info)\n"
    "} catch {\n"
    "    [Console]::Error.WriteLine(\"$_\")\n"
    "    if ($files) { $files | ForEach-Object { $_.Dispose() } }\n"
    "    Remove-Item -Recurse -Force $folder -ErrorAction SilentlyContinue\n";

static const char once_undo[] =
    "    if ($marked -and -not $process) { Remove-Item $mark -ErrorAction SilentlyContinue }\n";

static const char broken[] =
    "    Write-Report broken 1\n"
    "    exit 0\n"
    "}\n"
    "\n"
    "$process.StandardInput.Close()\n"
    "[Threading.Tasks.Task[]]$copies = $process.StandardOutput.BaseStream.CopyToAsync($files[0]),\n"
    "    $process.StandardError.BaseStream.CopyToAsync($files[1])\n"
    "$end = 'exit'\n";

/* A background process may keep a stream open for ever: what it prints later is not waited for. */
static const char finish[] =
    "    $end = 'timeout'\n"
    "    taskkill.exe /T /F /PID $process.Id >$null 2>&1\n"
    "    [void]$process.WaitForExit(5000)\n"
    "    if (-not $process.HasExited) { try { $process.Kill() } catch { } }\n"
    "}\n"
    "$status = if ($process.HasExited) { $process.ExitCode } else { 1 }\n"
    "try {\n"
    "    foreach ($try in 1..5) {\n"
    "        $size = $files[0].Length + $files[1].Length\n"
    "        if ([Threading.Tasks.Task]::WaitAll($copies, 1000)) { break }\n"
    "        if ($files[0].Length + $files[1].Length -eq $size) { break }\n"
    "    }\n"
    "} catch { [Console]::Error.WriteLine(\"azfan: cannot keep the script's output: $_\") }\n"
    "try {\n"
    "    [Console]::Out.Write((Read-Tail (Join-Path $folder 'output')))\n"
    "    [Console]::Error.Write((Read-Tail (Join-Path $folder 'errors')))\n"
    "} catch { [Console]::Error.WriteLine(\"azfan: cannot read the script's output: $_\") }\n"
    "$files | ForEach-Object { $_.Dispose() }\n"
    "Remove-Item -Recurse -Force $folder -ErrorAction SilentlyContinue\n"
    "Write-Report $end $status\n"
    "exit 0\n";

/* The code of the character at *AT, which is moved behind it. The text is known to be UTF-8. */
static uint32_t read_character(const char **at)
{
    const unsigned char *byte = (const unsigned char *)*at;
    int more = byte[0] >= 0xf0 ? 3 : byte[0] >= 0xe0 ? 2 : byte[0] >= 0xc0 ? 1 : 0;
    uint32_t character = more == 0 ? byte[0] : byte[0] & (0x3fU >> more);

    (*at)++;
    for (; more > 0 && (**at & 0xc0) == 0x80; more--, (*at)++)
        character = character << 6 | (unsigned char)(**at & 0x3f);
    return character;
}

/* One UTF-16 unit between two pieces of a quoted string. */
static void add_unit(struct buffer *buffer, uint32_t unit)
{
    buffer_print(buffer, "' + [char]0x%04" PRIX32 " + '", unit);
}

void guard_powershell_quote(struct buffer *buffer, const char *value)
{
    for (const char *at = value; *at != '\0';) {
        uint32_t character = read_character(&at);

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
    buffer_print(buffer, "${azfan-given}['%s'] = '", name);
    guard_powershell_quote(buffer, value);
    buffer_add(buffer, "'\n");
}

static void write_script(struct buffer *buffer, const struct guard *guard)
{
    const char *script = guard->job->script;
    size_t length = guard->job->script_length;
    size_t size = BASE64_ENCODE_RAW_LENGTH(length);
    char *encoded = memory_zeroed(size + 1, 1);

    base64_encode_raw(encoded, length, (const uint8_t *)script);
    buffer_add(buffer, "# The script, in base64.\n$script = '");
    for (size_t at = 0; at < size; at += LINE) {
        buffer_add_char(buffer, '\n');
        buffer_append(buffer, encoded + at, size - at < LINE ? size - at : LINE);
    }
    buffer_add(buffer, "\n'\n\n");
    free(encoded);
}

static void write_runner(struct buffer *buffer, const struct guard *guard)
{
    buffer_add(buffer,
               "# Runs the script with its parameters, as Run Command does. Status: 1 after "
               "an uncaught\n# error, else that of exit, or of the last "
               "statement.\n$runner = @'\n");
    buffer_add(buffer, runner_head);
    guard_write_parameters(buffer, guard, guard_powershell_assign);
    buffer_add(buffer, runner_tail);
    buffer_add(buffer, "'@\n\n");
}

/* WaitForExit() takes 32 bits of milliseconds. */
static int64_t milliseconds(int64_t duration)
{
    int64_t value = (duration + NUMBER_MILLISECOND - 1) / NUMBER_MILLISECOND;

    return value < 1 ? 1 : value > INT32_MAX ? INT32_MAX : value;
}

void guard_powershell_write(struct buffer *buffer, const struct guard *guard)
{
    buffer_add(buffer, "# azfan's guard: runs the script below, stops it after ");
    number_print_exact_duration(buffer, guard->job->script_timeout);
    buffer_print(buffer, ", and says how it ended.\n%s%s'\n", GUARD_POWERSHELL_NONCE, guard->nonce);
    buffer_add(buffer, functions);
    write_runner(buffer, guard);
    write_script(buffer, guard);
    buffer_add(buffer, unpack);
    if (guard->once != NULL)
        buffer_print(buffer, "%s%s%s", once_head, guard->once, once_tail);
    buffer_add(buffer, start);
    if (guard->once != NULL)
        buffer_add(buffer, once_undo);
    buffer_add(buffer, broken);
    buffer_print(buffer, "if (-not $process.WaitForExit(%" PRId64 ")) {\n",
                 milliseconds(guard->job->script_timeout));
    buffer_add(buffer, finish);
}
