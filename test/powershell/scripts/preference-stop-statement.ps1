$ErrorActionPreference = 'Stop'
[int]::Parse('x')
'never'
