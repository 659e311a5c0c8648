$x = Read-Host 'Name'
"[$x]"
