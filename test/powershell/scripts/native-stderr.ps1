sh -c 'echo err >&2'
