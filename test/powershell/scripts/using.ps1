using namespace System.Text
$b = [StringBuilder]::new('x')
$b.Append('y').ToString()
