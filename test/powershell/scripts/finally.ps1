try { [int]::Parse('x') } finally { 'cleaned' }
'goes on'
