[pscustomobject]@{Name = 'a'; Size = 1} | Format-List
'x'
