'a'
if (
