#: Port=5000
param([int]$Port)
$Port + 1
