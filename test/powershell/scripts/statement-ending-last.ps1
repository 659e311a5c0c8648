'a'
[int]::Parse('x')
