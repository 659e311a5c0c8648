"args $($args.Count)"
"bound $($PSBoundParameters.Count)"
"input $(@($input).Count)"
"errors $($Error.Count)"
"status [$LASTEXITCODE] $($null -eq $LASTEXITCODE)"
"$?"
$ErrorActionPreference
$null -eq $Matches
