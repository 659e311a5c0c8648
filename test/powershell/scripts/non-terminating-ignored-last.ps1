Get-Item /nonexistent -ErrorAction SilentlyContinue
