begin { 'b' }
process { sh -c 'exit 5'; 'p' }
