#: Force=true
param([switch]$Force, [bool]$Other)
"$Force $($Force.GetType().Name) $Other"
