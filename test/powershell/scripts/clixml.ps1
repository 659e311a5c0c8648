Write-Error 'e' 2>&1 | ForEach-Object { $_.GetType().Name }
