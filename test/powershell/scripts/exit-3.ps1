'x'
exit 3
'never'
