#requires -Version 99.0
'never'
