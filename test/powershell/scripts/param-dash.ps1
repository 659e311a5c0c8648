#: Name=-Force
param($Name)
"[$Name]"
