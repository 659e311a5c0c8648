#: Names=a,b
param([string[]]$Names)
$Names.Count
$Names
