# SPDX-License-Identifier: MIT
#
# lint.ps1 KNOWN FILE...: reads each file with PowerShell's own parser and prints what Windows PowerShell 5.1 with .NET
# Framework 4.5 may not have: every command, parameter, type and member that KNOWN does not list. What is in a here-string
# that is given to $runner is read as well. Ends with 1 where there is any.

$ErrorActionPreference = 'Stop'
$tables = @{ command = @{}; type = @{}; member = @{}; token = @{} }
foreach ($line in [IO.File]::ReadAllLines($args[0])) {
    $words = @($line -replace '#.*' -split ' ' -ne '')
    if ($words.Count -lt 2) { continue }
    if ($words[0] -in 'command', 'type') {
        $tables[$words[0]][$words[1]] = @($words | Select-Object -Skip 2)
    } else {
        foreach ($word in $words[1..99]) { $tables[$words[0]][$word] = $true }
    }
}
$bad = 0

function Deny($node, $what) {
    $script:bad++
    [Console]::Out.WriteLine("$($script:name):$($node.Extent.StartLineNumber): $what")
}

function Test-Command($command, $own) {
    $called = $command.GetCommandName()
    if (-not $called) { return } # & { }
    if ($own -contains $called) { return }
    $parameters = $tables.command[$called]
    if ($null -eq $parameters) { Deny $command "the command $called is not known in 5.1"; return }
    foreach ($element in $command.CommandElements) {
        if ($element -is [Management.Automation.Language.CommandParameterAst] -and
            $parameters -notcontains $element.ParameterName) {
            Deny $element "the parameter -$($element.ParameterName) of $called is not known in 5.1"
        }
    }
}

function Test-Member($node) {
    $member = if ($node.Member -is [Management.Automation.Language.StringConstantExpressionAst]) { $node.Member.Value }
    if (-not $member) { return } # its name is an expression
    if (-not $node.Static) {
        if (-not $tables.member[$member]) { Deny $node "the member $member is not known in 5.1" }
    } elseif ($node.Expression -is [Management.Automation.Language.TypeExpressionAst]) {
        $type = $node.Expression.TypeName.FullName
        if ($tables.type[$type] -notcontains $member) { Deny $node "[$type]::$member is not known in 5.1" }
    }
}

function Test-Text($text) {
    $tokens = $errors = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
    foreach ($wrong in $errors) { Deny $wrong "PowerShell says: $($wrong.Message)" }
    foreach ($token in $tokens) {
        if ($tables.token["$($token.Kind)"]) { Deny $token "the syntax $($token.Text) is not known in 5.1" }
        if ($token.Kind -eq 'Number' -and $token.Text -notmatch '^-?(0x[0-9a-f]+|[0-9.]+(e[+-]?[0-9]+)?)(l|d)?(kb|mb|gb|tb|pb)?$') {
            Deny $token "the number $($token.Text) is not known in 5.1"
        }
    }
    $all = $tree.FindAll({ $true }, $true)
    $own = @($all | Where-Object { $_ -is [Management.Automation.Language.FunctionDefinitionAst] } | ForEach-Object Name)
    foreach ($node in $all) {
        switch ($node.GetType().Name) {
            CommandAst { Test-Command $node $own }
            { $_ -in 'MemberExpressionAst', 'InvokeMemberExpressionAst' } { Test-Member $node }
            { $_ -in 'TypeExpressionAst', 'TypeConstraintAst', 'ConvertExpressionAst' } {
                $type = if ($node.TypeName) { $node.TypeName } else { $node.Type.TypeName }
                while ($type.ElementType) { $type = $type.ElementType }
                if (-not $tables.type.ContainsKey($type.FullName)) { Deny $node "the type [$type] is not known in 5.1" }
            }
            { $_ -in 'TernaryExpressionAst', 'PipelineChainAst' } { Deny $node "the syntax $($node.Extent.Text) is not known in 5.1" }
            NamedBlockAst { if ("$($node.BlockKind)" -eq 'Clean') { Deny $node 'the block clean is not known in 5.1' } }
            AssignmentStatementAst {
                $value = $node.Right.Expression
                if ("$($node.Left)" -eq '$runner' -and $value -is [Management.Automation.Language.StringConstantExpressionAst]) {
                    $outer = $script:name
                    $script:name = "$outer, `$runner"
                    Test-Text $value.Value
                    $script:name = $outer
                }
            }
        }
    }
}

foreach ($file in $args[1..99]) {
    $name = Split-Path -Leaf $file
    Test-Text ([IO.File]::ReadAllText($file))
}
exit [int]($bad -gt 0)
