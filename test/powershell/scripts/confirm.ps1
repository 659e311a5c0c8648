Remove-Item /nonexistent-azfan -Confirm -ErrorAction SilentlyContinue
'goes on'
