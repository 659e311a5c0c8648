#: Colour=green
param([ValidateSet('red', 'blue')]$Colour)
'never'
