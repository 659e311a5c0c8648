Write-Host host
Write-Warning warning
Write-Verbose hidden
Write-Verbose shown -Verbose
Write-Debug hidden
Write-Information hidden
Write-Information shown -InformationAction Continue
Write-Progress -Activity busy -Status half -PercentComplete 50
Write-Output output
