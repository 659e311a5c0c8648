$job = Start-Job { 'in job'; $PID -gt 0 }
$job | Wait-Job | Receive-Job
