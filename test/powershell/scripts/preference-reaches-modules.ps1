$ErrorActionPreference = 'Stop'
$m = New-Module { function Test-It { Get-Item /nonexistent; 'never' } }
Test-It
'never'
