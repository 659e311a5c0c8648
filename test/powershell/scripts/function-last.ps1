function f { Get-Item /nonexistent }
sh -c 'exit 5'
f
