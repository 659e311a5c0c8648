#requires -Modules NoSuchModuleHere
'never'
