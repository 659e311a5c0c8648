sh -c 'exit 5'
exit 0
