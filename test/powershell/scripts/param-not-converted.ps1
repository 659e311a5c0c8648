#: Port=many
param([int]$Port)
'never'
