Get-Item /nonexistent
