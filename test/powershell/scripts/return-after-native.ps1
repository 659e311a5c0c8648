sh -c 'exit 5'
if ($LASTEXITCODE) { return }
'never'
