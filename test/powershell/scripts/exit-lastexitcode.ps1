sh -c 'exit 5'
exit $LASTEXITCODE
