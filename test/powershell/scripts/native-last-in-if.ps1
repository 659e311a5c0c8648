if ($true) { sh -c 'exit 5' }
