Get-Item /nonexistent
'goes on'
