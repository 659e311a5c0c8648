$zero = 0
1 / $zero
'goes on'
