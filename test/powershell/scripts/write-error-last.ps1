Write-Error 'oops'
