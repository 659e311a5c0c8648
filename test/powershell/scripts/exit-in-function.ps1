function Stop-It { exit 4 }
Stop-It
'never'
