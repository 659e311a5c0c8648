#: Name=it's `id` $HOME "x"; y
param([Parameter(Mandatory)][string]$Name)
"[$Name]"
$PSBoundParameters.Keys
