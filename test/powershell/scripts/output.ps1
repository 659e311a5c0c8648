'one'
Write-Output two
3
