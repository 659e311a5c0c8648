(Get-Location).Path -eq [Environment]::CurrentDirectory
