$ErrorActionPreference = 'Stop'
Get-Item /nonexistent
'never'
