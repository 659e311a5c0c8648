$x = 1
function Get-X { $script:x + $global:x }
Get-X
$global:y = 2
$y
Test-Path variable:script:x
