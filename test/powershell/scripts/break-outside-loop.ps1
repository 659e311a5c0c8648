'a'
break
'never'
