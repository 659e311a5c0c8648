#: Server=db-1
param([Alias('Server', 'Box')][string]$Machine)
$Machine
