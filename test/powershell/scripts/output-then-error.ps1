'o1'
Write-Error 'e1'
'o2'
