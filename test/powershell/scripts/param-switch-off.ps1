#: Force=$false
param([switch]$Force)
"$Force $($PSBoundParameters.Count)"
