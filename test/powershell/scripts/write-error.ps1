Write-Error 'oops'
'goes on'
