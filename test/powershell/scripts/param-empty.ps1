#: Name=
param($Name = 'default')
"[$Name]"
