#requires -Version 5.1
'runs'
