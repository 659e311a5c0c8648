[int]::Parse('x')
'goes on'
