function Main { 'main' }
if ($MyInvocation.InvocationName -ne '.') { Main }
