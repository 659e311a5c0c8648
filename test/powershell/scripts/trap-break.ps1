trap { 'trapped'; break }
throw 'x'
'never'
