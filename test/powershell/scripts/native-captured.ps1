$text = sh -c 'echo hi; exit 5'
"got $text $LASTEXITCODE $?"
