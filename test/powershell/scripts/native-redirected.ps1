sh -c 'echo err >&2' 2>&1 | ForEach-Object { "[$_]" }
