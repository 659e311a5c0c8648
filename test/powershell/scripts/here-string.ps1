$x = @'
line 'one'
  $notavariable
'@
$x
@"
2 = $(1 + 1)
"@