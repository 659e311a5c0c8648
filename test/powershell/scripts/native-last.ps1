'a'
sh -c 'exit 5'
