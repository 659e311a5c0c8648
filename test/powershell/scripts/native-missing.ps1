/nonexistent/program
'goes on'
