$ErrorActionPreference = 'Stop'
Write-Error 'oops'
'never'
