[CmdletBinding()]
param([int]$N = 4)
$N + 1
$PSCmdlet.MyInvocation.MyCommand.Name
