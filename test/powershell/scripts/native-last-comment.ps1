sh -c 'exit 5' # the last

# end
