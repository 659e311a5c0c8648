Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$nothing
'never'
