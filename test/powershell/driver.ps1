# SPDX-License-Identifier: MIT
#
# driver.ps1 GUARD...: what the runners of these guarded scripts print, and their statuses, without a process
# for each. A guard's first half, up to where it starts the runner, is run as it is. The runner is run in a
# runspace of its own by a pipeline like the one that powershell.exe -File makes.

function Invoke-Pipeline($file) {
    $runspace = [Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($Host)
    $runspace.Open()
    $pipeline = [PowerShell]::Create()
    $pipeline.Runspace = $runspace
    [void]$pipeline.AddCommand($file, $false)
    $pipeline.Commands.Commands[0].MergeMyResults('Error', 'Output')
    [void]$pipeline.AddCommand('Out-Default')
    try { [void]$pipeline.Invoke() } catch { [Console]::Error.WriteLine("the runner itself: $_") }
    $status = $runspace.SessionStateProxy.GetVariable('LASTEXITCODE')
    $runspace.Dispose()
    [int]$status
}

foreach ($guard in $args) {
    $text = [IO.File]::ReadAllText($guard)
    $half = $text.Substring(0, $text.IndexOf("`n`$info = ")) + "`n} finally { }`n"
    . ([scriptblock]::Create($half))
    [Console]::Out.WriteLine("== $guard")
    [Console]::Error.WriteLine("== $guard")
    $code = Invoke-Pipeline (Join-Path $folder 'runner.ps1')
    [Console]::Out.WriteLine("== status $code")
    Tidy
}
