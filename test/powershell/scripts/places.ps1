Split-Path -Leaf $PSCommandPath
Split-Path -Leaf $MyInvocation.MyCommand.Path
$PSScriptRoot -eq (Split-Path $MyInvocation.MyCommand.Path)
$MyInvocation.MyCommand.Name
"[$($MyInvocation.ScriptName)] [$($MyInvocation.Line)]"
$MyInvocation.InvocationName -eq $PSCommandPath
$MyInvocation.InvocationName -ne '.'
(Test-Path $PSCommandPath)
