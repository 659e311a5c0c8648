Set-StrictMode -Version Latest
$nothing
'goes on'
