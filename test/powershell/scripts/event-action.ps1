function Get-It { 'seen' }
$null = Register-EngineEvent -SourceIdentifier x -Action { $global:seen = Get-It }
$null = New-Event x
while (-not $seen) { Start-Sleep -Milliseconds 20 }
$seen
