Get-Item /nonexistent
$Error.Clear()
$Error.Count
