#: NAME=x
param($name)
"[$name]"
