'a'
return 5
