$ErrorActionPreference = 'SilentlyContinue'
Get-Item /nonexistent
No-SuchCommand
'goes on'
