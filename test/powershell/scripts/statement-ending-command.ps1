No-SuchCommand
'goes on'
