#: Force=maybe
param([switch]$Force)
"never"
