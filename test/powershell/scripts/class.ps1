class Point { [int]$X; Point([int]$x) { $this.X = $x } }
[Point]::new(3).X
