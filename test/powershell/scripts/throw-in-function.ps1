function f { throw 'deep' }
f
'never'
