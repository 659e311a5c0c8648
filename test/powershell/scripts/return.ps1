'a'
return
'never'
