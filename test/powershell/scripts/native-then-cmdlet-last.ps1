sh -c 'exit 5'
'x'
Get-Item /nonexistent
