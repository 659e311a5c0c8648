trap { "trapped $_"; continue }
throw 'x'
'goes on'
