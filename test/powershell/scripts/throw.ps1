'a'
throw 'it broke'
'never'
