#: Name=Grüße
[CmdletBinding()]
param([Parameter(Mandatory)]$Name, [int]$Count = 2)
"$Name $Count"
$PSBoundParameters.Keys
