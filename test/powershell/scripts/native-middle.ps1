sh -c 'echo out; echo err >&2; exit 5'
'goes on'
