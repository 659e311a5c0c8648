Get-Item /nonexistent
sh -c 'exit 5'
