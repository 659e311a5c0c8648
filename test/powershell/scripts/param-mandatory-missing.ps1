param([Parameter(Mandatory = $true)][string]$Name)
'never'
