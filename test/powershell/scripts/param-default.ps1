#: Port=5000
param($Port = 3389)
"the port is now $Port"
